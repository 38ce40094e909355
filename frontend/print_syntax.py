"""The syntax tree as text, for `--emit ast` and for tests.

Statements and declarations are lines, indented as they nest, with their line and column; names,
types and expressions are spelled on one line with every operator in parentheses, so that what was
parsed as what is plain. The text is for reading, not for parsing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from . import syntax as s

INDENT = "  "


def syntax_text(node: s.Node, *, positions: bool = False) -> str:
    """The tree under `node`; `positions`: with `line:column` before each line."""
    if isinstance(node, s.Stmt | s.Decl):
        lines = []
        for depth, span_node, text in _lines(node, 0):
            place = f"{span_node.span.line}:{span_node.span.col}" if positions else ""
            lines.append(
                f"{place:<8}{INDENT * depth}{text}" if positions else INDENT * depth + text
            )
        return "\n".join(lines)
    if isinstance(node, s.TypeId):
        return type_text(node)
    if isinstance(node, s.QualifiedName):
        return name_text(node)
    return expr_text(node)


def print_declaration(declaration: s.Decl) -> str:
    """A declaration's lines with their positions, for `--emit ast`."""
    return syntax_text(declaration, positions=True) + "\n"


Line = tuple[int, s.Node, str]

# ---------------------------------------------------------------- names and types


def name_text(name: s.QualifiedName) -> str:
    """`::a::b<int>`."""
    parts = [_part_text(part) for part in name.parts]
    if name.decltype is not None:
        parts.insert(0, f"decltype({expr_text(name.decltype)})")
    return ("::" if name.absolute else "") + "::".join(parts)


def _part_text(part: s.NamePart) -> str:
    text = part.name
    if part.conversion is not None:
        text += " " + type_text(part.conversion)
    if part.template_args is not None:
        text += f"<{_comma(map(argument_text, part.template_args))}>"
    return text


def argument_text(argument: s.TypeId | s.Expr) -> str:
    """A template argument; types are marked, since a name may be either."""
    if isinstance(argument, s.TypeId):
        return "type " + type_text(argument)
    return expr_text(argument)


def specifier_text(specifier: s.TypeSpecifier) -> str:
    """`const unsigned int`."""
    words = ["const"] * specifier.const + ["volatile"] * specifier.volatile
    if specifier.builtin:
        words.append(specifier.builtin)
    elif specifier.name is not None:
        words.append(name_text(specifier.name))
    elif specifier.decltype is not None:
        words.append(f"decltype({expr_text(specifier.decltype)})")
    elif isinstance(specifier.definition, s.ClassDefinition):
        words.append(specifier.definition.key + " {...}")
    elif specifier.definition is not None:
        words.append("enum {...}")
    return " ".join(words)


def type_text(type_id: s.TypeId) -> str:
    """A type, its declarator read from the inside: `int: array 3 of pointer`."""
    return _typed(type_id.specifier, type_id.declarator) + ("..." if type_id.pack else "")


def _typed(specifier: s.TypeSpecifier, declarator: s.Declarator) -> str:
    parts = "".join(f" {_declarator_part(part)}" for part in reversed(declarator.parts))
    return specifier_text(specifier) + parts


def _declarator_part(part: s.DeclaratorPart) -> str:
    if isinstance(part, s.PointerPart):
        words = [
            word
            for word, there in (
                ("const", part.const),
                ("volatile", part.volatile),
                ("restrict", part.restrict),
            )
            if there
        ]
        return " ".join([part.kind, *words])
    if isinstance(part, s.ArrayPart):
        return f"[{expr_text(part.size) if part.size is not None else ''}]"
    return signature_text(part)


def signature_text(part: s.FunctionPart) -> str:
    """`(a: int, b: float *) const -> int`."""
    words = [parameter_text(p) for p in part.parameters] + ["..."] * part.variadic
    text = f"({', '.join(words)})" + " const" * part.const
    return text + (f" -> {type_text(part.trailing)}" if part.trailing is not None else "")


def parameter_text(parameter: s.Parameter) -> str:
    """A parameter with its default."""
    text = declared_text(parameter.specifier, parameter.declarator)
    if parameter.default is not None:
        text += f" = {expr_text(parameter.default)}"
    return text


def declared_text(specifier: s.TypeSpecifier, declarator: s.Declarator) -> str:
    """Name, then type: `a: float [8]` for `float a[8]`."""
    text = _typed(specifier, declarator) + ("..." if declarator.pack else "")
    if declarator.name is not None:
        text = f"{name_text(declarator.name)}: {text}"
    if declarator.bit_width is not None:
        text += f" : {expr_text(declarator.bit_width)}"
    return text


def _comma(texts: Iterable[str]) -> str:
    return ", ".join(texts)


# ---------------------------------------------------------------- expressions


def expr_text(expr: s.Node) -> str:
    """An expression with all its operators in parentheses."""
    return EXPRESSIONS[type(expr)](expr)


def _list(items: Iterable[s.Node]) -> str:
    return _comma(map(expr_text, items))


def _initializer_list(node: s.InitializerList) -> str:
    names = node.designators or ("",) * len(node.items)
    return f"{{{_comma(_designated(n, i) for n, i in zip(names, node.items, strict=True))}}}"


def _designated(name: str, item: s.Node) -> str:
    return f".{name} = {expr_text(item)}" if name else expr_text(item)


def _construct(node: s.Construct) -> str:
    opener, closer = "{}" if node.braces else "()"
    return f"construct {type_text(node.type)}{opener}{_list(node.arguments)}{closer}"


def _cast(node: s.Cast) -> str:
    word = "cast" if node.style == "c" else node.style
    return f"({word} {type_text(node.type)} {expr_text(node.operand)})"


def _size_of(node: s.SizeOf) -> str:
    operand = node.operand
    inside = f"type {type_text(operand)}" if isinstance(operand, s.TypeId) else expr_text(operand)
    return f"{node.keyword}({inside})"


def _fold(node: s.Fold) -> str:
    sign = f" {node.operator} "
    pieces = ["...", expr_text(node.pack)] if node.left else [expr_text(node.pack), "..."]
    if node.init is not None:
        pieces.insert(0 if node.left else 2, expr_text(node.init))
    return f"({sign.join(pieces)})"


def _lambda(node: s.Lambda) -> str:
    captures = [node.default] * bool(node.default) + [_capture(c) for c in node.captures]
    template = f"<{_comma(map(template_parameter_text, node.template))}>" if node.template else ""
    body = "; ".join(text for _, _, text in _block(node.body.body, 0))
    mutable = " mutable" * node.mutable
    return f"[{_comma(captures)}]{template}{signature_text(node.signature)}{mutable} {{{body}}}"


def _capture(capture: s.Capture) -> str:
    init = f" = {expr_text(capture.init)}" if capture.init is not None else ""
    return "&" * capture.by_reference + capture.name + init


def _new(node: s.New) -> str:
    count = f"[{expr_text(node.count)}]" if node.count is not None else ""
    return f"(new {type_text(node.type)}{count}({_list(node.arguments)}))"


EXPRESSIONS: dict[type[s.Node], Callable[[Any], str]] = {
    s.Number: lambda n: n.text,
    s.Character: lambda n: f"char {n.value}",
    s.String: lambda n: repr(n.value),
    s.Bool: lambda n: "true" if n.value else "false",
    s.Nullptr: lambda n: "nullptr",
    s.This: lambda n: "this",
    s.Name: lambda n: name_text(n.name),
    s.Unary: lambda n: f"({n.operator}{expr_text(n.operand)})",
    s.Postfix: lambda n: f"({expr_text(n.operand)}{n.operator})",
    s.Binary: lambda n: f"({expr_text(n.left)} {n.operator} {expr_text(n.right)})",
    s.Assign: lambda n: f"({expr_text(n.target)} {n.operator} {expr_text(n.value)})",
    s.Conditional: lambda n: (
        f"({expr_text(n.condition)} ? {expr_text(n.then)} : {expr_text(n.otherwise)})"
    ),
    s.Index: lambda n: f"{expr_text(n.base)}[{expr_text(n.index)}]",
    s.Member: lambda n: f"{expr_text(n.object)}{'->' if n.arrow else '.'}{name_text(n.name)}",
    s.Call: lambda n: f"{expr_text(n.callee)}({_list(n.arguments)})",
    s.Launch: lambda n: f"{expr_text(n.kernel)}<<<{_list(n.config)}>>>({_list(n.arguments)})",
    s.Construct: _construct,
    s.Cast: _cast,
    s.SizeOf: _size_of,
    s.InitializerList: _initializer_list,
    s.Lambda: _lambda,
    s.PackExpansion: lambda n: f"{expr_text(n.pattern)}...",
    s.Fold: _fold,
    s.Throw: lambda n: f"throw {expr_text(n.operand)}" if n.operand is not None else "throw",
    s.New: _new,
    s.Delete: lambda n: f"(delete {expr_text(n.operand)})",
}

# ---------------------------------------------------------------- statements and declarations


def _lines(node: s.Node | None, depth: int) -> Iterator[Line]:
    if node is not None:
        yield from STATEMENTS[type(node)](node, depth)


def _one(text: Callable[[Any], str]) -> Callable[[Any, int], Iterator[Line]]:
    """A node that is one line."""

    def lines(node: Any, depth: int) -> Iterator[Line]:
        yield depth, node, text(node)

    return lines


def _block(nodes: Iterable[s.Node | None], depth: int) -> Iterator[Line]:
    for node in nodes:
        yield from _lines(node, depth)


def _body(node: s.Stmt, depth: int) -> Iterator[Line]:
    """What a statement governs, one level in; braces do not show."""
    yield from _block(node.body if isinstance(node, s.Compound) else (node,), depth + 1)


def _condition(node: s.Expr | s.VariableDecl) -> str:
    return variable_text(node) if isinstance(node, s.VariableDecl) else expr_text(node)


def _compound(node: s.Compound, depth: int) -> Iterator[Line]:
    yield depth, node, "block"
    yield from _block(node.body, depth + 1)


def _if(node: s.If, depth: int) -> Iterator[Line]:
    yield depth, node, f"if{' constexpr' * node.constexpr} {_condition(node.condition)}"
    if node.init is not None:
        yield depth + 1, node.init, "init"
        yield from _lines(node.init, depth + 2)
    yield from _body(node.then, depth)
    if node.otherwise is not None:
        yield depth, node.otherwise, "else"
        yield from _body(node.otherwise, depth)


def _unroll(node: s.For | s.RangeFor | s.While | s.Do) -> str:
    if node.unroll is None:
        return ""
    argument = node.unroll.argument
    return f" unroll {expr_text(argument)}" if argument is not None else " unroll"


def _for(node: s.For, depth: int) -> Iterator[Line]:
    condition = expr_text(node.condition) if node.condition is not None else ""
    step = expr_text(node.step) if node.step is not None else ""
    yield depth, node, f"for{_unroll(node)} ; {condition} ; {step}"
    if node.init is not None:
        yield depth + 1, node.init, "init"
        yield from _lines(node.init, depth + 2)
    yield from _body(node.body, depth)


def _range_for(node: s.RangeFor, depth: int) -> Iterator[Line]:
    yield (
        depth,
        node,
        f"for{_unroll(node)} {variable_text(node.declaration)} : {expr_text(node.range)}",
    )
    yield from _body(node.body, depth)


def _while(node: s.While, depth: int) -> Iterator[Line]:
    yield depth, node, f"while{_unroll(node)} {_condition(node.condition)}"
    yield from _body(node.body, depth)


def _do(node: s.Do, depth: int) -> Iterator[Line]:
    yield depth, node, f"do{_unroll(node)} while {expr_text(node.condition)}"
    yield from _body(node.body, depth)


def _switch(node: s.Switch, depth: int) -> Iterator[Line]:
    yield depth, node, f"switch {expr_text(node.condition)}"
    yield from _body(node.body, depth)


def _case(node: s.Case, depth: int) -> Iterator[Line]:
    yield depth, node, f"case {expr_text(node.value)}" if node.value is not None else "default"
    yield from _body(node.body, depth)


def _label(node: s.Label, depth: int) -> Iterator[Line]:
    yield depth, node, f"label {node.name}"
    yield from _body(node.body, depth)


def _asm_text(node: s.Asm) -> str:
    operands = [
        _comma(f"{constraint!r} {expr_text(expr)}" for constraint, expr, _ in part)
        for part in (node.outputs, node.inputs)
    ]
    return f"asm{' volatile' * node.volatile} {node.text!r} : {operands[0]} : {operands[1]}"


def _optional(word: str, value: s.Node | None) -> str:
    return f"{word} {expr_text(value)}" if value is not None else word


def _words(storage: Iterable[str], attributes: Iterable[s.Attribute]) -> str:
    words = [*sorted(storage), *map(_attribute, attributes)]
    return "".join(f"{word} " for word in words)


def _attribute(attribute: s.Attribute) -> str:
    if not attribute.arguments:
        return attribute.name
    return f"{attribute.name}({_comma(map(argument_text, attribute.arguments))})"


def variable_text(node: s.VariableDecl) -> str:
    """`static a: float [4] = {0}`."""
    text = _words(node.storage, node.attributes) + declared_text(node.specifier, node.declarator)
    if node.bindings:
        text += f" [{', '.join(node.bindings)}]"
    if node.style == "=":
        return f"{text} = {_list(node.arguments)}"
    return f"{text}{node.style[:1]}{_list(node.arguments)}{node.style[1:]}" if node.style else text


def template_parameter_text(node: s.TemplateParameter) -> str:
    """`type T = int`, `int N = 3`, `template <type> C`."""
    if node.kind == "value":
        assert node.type is not None
        return parameter_text(node.type)
    head = node.kind
    if node.kind == "template":
        head += f"<{_comma(map(template_parameter_text, node.inner))}>"
    text = f"{head}{'...' * node.pack} {node.name}".rstrip()
    return f"{text} = {argument_text(node.default)}" if node.default is not None else text


def _template(
    parameters: tuple[s.TemplateParameter, ...] | None, specialization: bool = False
) -> str:
    if parameters is None and not specialization:
        return ""
    return f"template<{_comma(map(template_parameter_text, parameters or ()))}> "


def _function(node: s.FunctionDecl, depth: int) -> Iterator[Line]:
    result = node.specifier
    declarator = node.declarator
    if result is None:
        assert declarator.name is not None
        text = "".join(f"{_declarator_part(p)}" for p in declarator.parts)
        declared = f"{name_text(declarator.name)}: {text}"
    else:
        declared = declared_text(result, declarator)
    head = _template(node.template, node.specialization) + _words(node.storage, node.attributes)
    special = f" = {node.special}" if node.special else ""
    yield depth, node, f"function {head}{declared}{special}"
    for init in node.member_inits:
        braces = "{}" if init.braces else "()"
        values = _list(init.arguments)
        yield depth + 1, init, f"init {name_text(init.name)}{braces[0]}{values}{braces[1]}"
    if node.body is not None:
        yield from _body(node.body, depth)


def _class(node: s.ClassDecl, depth: int) -> Iterator[Line]:
    definition = node.definition
    head = _template(node.template, node.specialization)
    name = f" {name_text(definition.name)}" if definition.name is not None else ""
    bases = _comma(
        f"{'virtual ' * b.virtual}{name_text(b.name)}{'...' * b.pack}" for b in definition.bases
    )
    words = _words((), definition.attributes)
    text = f"{head}{words}{definition.key}{name}" + (f" : {bases}" if bases else "")
    yield depth, node, text if definition.body else f"{text};"
    yield from _block(definition.members, depth + 1)


def _enum(node: s.EnumDecl, depth: int) -> Iterator[Line]:
    definition = node.definition
    name = f" {name_text(definition.name)}" if definition.name is not None else ""
    base = f" : {type_text(definition.underlying)}" if definition.underlying is not None else ""
    yield depth, node, f"enum{' class' * definition.scoped}{name}{base}"
    for enumerator in definition.enumerators:
        value = f" = {expr_text(enumerator.value)}" if enumerator.value is not None else ""
        yield depth + 1, enumerator, f"{enumerator.name}{value}"


def _template_variable(node: s.TemplateVariable, depth: int) -> Iterator[Line]:
    head = _template(node.template, node.specialization)
    yield depth, node, f"variable {head}{variable_text(node.variable)}"


def _friend(node: s.Friend, depth: int) -> Iterator[Line]:
    yield depth, node, "friend"
    yield from _lines(node.function, depth + 1)


STATEMENTS: dict[type[s.Node], Callable[[Any, int], Iterator[Line]]] = {
    s.Compound: _compound,
    s.ExprStmt: _one(lambda n: expr_text(n.expr) if n.expr is not None else ";"),
    s.DeclStmt: lambda n, depth: _lines(n.declaration, depth),
    s.If: _if,
    s.For: _for,
    s.RangeFor: _range_for,
    s.While: _while,
    s.Do: _do,
    s.Switch: _switch,
    s.Case: _case,
    s.Label: _label,
    s.Break: _one(lambda n: "break"),
    s.Continue: _one(lambda n: "continue"),
    s.Return: _one(lambda n: _optional("return", n.value)),
    s.Goto: _one(lambda n: f"goto {n.label}"),
    s.Asm: _one(_asm_text),
    s.Pragma: _one(lambda n: n.text),
    s.VariableDecl: _one(lambda n: f"variable {variable_text(n)}"),
    s.DeclGroup: lambda n, depth: _block(n.declarations, depth),
    s.FunctionDecl: _function,
    s.ClassDecl: _class,
    s.EnumDecl: _enum,
    s.AliasDecl: _one(lambda n: f"alias {_template(n.template)}{n.name} = {type_text(n.type)}"),
    s.UsingDecl: _one(lambda n: f"using {'namespace ' * n.namespace}{name_text(n.name)}"),
    s.NamespaceAlias: _one(lambda n: f"namespace {n.name} = {name_text(n.target)}"),
    s.StaticAssert: _one(lambda n: f"static_assert {expr_text(n.condition)}, {n.message!r}"),
    s.Friend: _friend,
    s.TemplateVariable: _template_variable,
}
