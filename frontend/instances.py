"""Which instances of kernel templates host code asks for.

Every launch of a kernel template and every explicit instantiation gives a request: the template
arguments as written, with the names that host code binds put in. Such names are constants and
aliases in sight, template parameters of the host function (bound at each of its calls, callers
of callers included), parameters of generic lambdas (bound at their calls), and the `scalar_t` of
PyTorch's dispatch macros. Where template arguments are deduced, the request has the types of the
launch's arguments, as far as they are plain to see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..ir.source import Span
from .constexpr_conditions import constexpr_conditions, folded
from .dispatch import dispatches
from .host import LaunchSite, find_launches
from .host_code import HostCode, Lambda, Sight
from .host_members import class_uses, specialized_arguments
from .host_text import (
    Declared,
    TemplateParameter,
    Tokens,
    angle_end,
    function_parameters,
    split_arguments,
    template_parameters,
    text_of,
)
from .items import Item, ItemKind
from .tokens import IDENT, NUMBER, PUNCT, Token

MAX_ENVIRONMENTS = 64
MAX_VALUE = 64


@dataclass(frozen=True, slots=True)
class Bound:
    """What a name stands for: a type, or a constant's expression."""

    tokens: Tokens
    is_type: bool


Environment = Mapping[str, Bound]


@dataclass(frozen=True, slots=True)
class InstanceRequest:
    """An instance of the kernel template `kernel_name`.

    `template_args` are those written (maybe fewer than the kernel has, maybe none), names of host
    code replaced; `argument_types` are the types of the launch's arguments, None where unknown.
    `bindings` say what the replaced names were bound to, as text. `site` is the launch, None for
    an explicit instantiation, whose `argument_types` are its parameter types.
    """

    kernel_name: str
    qualifier: tuple[str, ...]
    template_args: list[Tokens]
    argument_types: list[Tokens | None]
    span: Span
    bindings: dict[str, str] = field(default_factory=dict)
    site: LaunchSite | None = None


def find_instances(items: Sequence[Item], code: HostCode | None = None) -> list[InstanceRequest]:
    """Requests for instances of kernel templates, each once, in the order of the text."""
    code = code or HostCode(items)
    finder = _Finder(code)
    found: dict[tuple[str, ...], InstanceRequest] = {}
    for request in (*finder.explicit(), *finder.launched(find_launches(items, code))):
        key = (
            "::".join((*request.qualifier, request.kernel_name)),
            *(text_of(a) for a in request.template_args),
            "|",
            *("?" if t is None else text_of(t) for t in request.argument_types),
        )
        found.setdefault(key, request)
    return list(found.values())


def environments(code: HostCode) -> Callable[[Item, int], Sequence[Environment]]:
    """For an item and a position: what the names in sight there may be bound to."""
    return _Finder(code).around


class _Finder:
    def __init__(self, code: HostCode) -> None:
        self.code = code
        self._environments: dict[int, Sequence[Environment]] = {}
        self._active: set[int] = set()

    # ------------------------------------------------------------ requests

    def explicit(self) -> Iterator[InstanceRequest]:
        """`template __global__ void k<float>(float*);`."""
        for item in self.code.items:
            if item.kind is not ItemKind.EXPLICIT_INSTANTIATION or not self._is_template(item):
                continue
            args: list[Tokens] = []
            after = item.name_index + 1 if item.name_index is not None else 0
            if item.name_arguments is not None:
                start, after = item.name_arguments
                args = split_arguments(item.tokens[start + 1 : after - 1])
            types = _signature_types(item, after)
            yield InstanceRequest(item.name, item.qualifier, args, types, item.span)

    def _is_template(self, named: Item | LaunchSite) -> bool:
        name = named.name if isinstance(named, Item) else named.kernel_name
        return any(k.template for k in self.code.kernels.get(name, ()))

    def launched(self, sites: Sequence[LaunchSite]) -> Iterator[InstanceRequest]:
        for site in sites:
            if not self._is_template(site):
                continue
            sight = self.code.sight(site.function, site.position)
            types = [self.code.type_of(a, sight) for a in site.args]
            named = site.named_at if site.template_args and site.named_at else None
            for environment in self.around(*(named or (site.function, site.position))):
                known: list[Tokens | None] = [None] * len(types) if named else types
                request = self._request(site, known, environment)
                if request is not None:
                    yield request

    def _request(
        self, site: LaunchSite, types: list[Tokens | None], environment: Environment
    ) -> InstanceRequest | None:
        replace = Substitution(environment)
        args = [replace.apply(a) for a in site.template_args or []]
        expanded = _expanded(site, types, environment)
        if expanded is None and site.named_at is None:
            return None
        argument_types = [None if t is None else replace.apply(t) for t in expanded or []]
        scope = site.function if site.named_at is None else site.named_at[0]
        owners = [scope, *([scope.owner] if scope.owner is not None else [])]
        unbound = {p.name for o in owners for p in template_parameters(o)} - set(environment)
        if any(t.text in unbound and t.kind == IDENT for a in args for t in a):
            return None
        vague = [t is not None and any(w.text in unbound for w in t) for t in argument_types]
        if any(vague) and not args:
            return None  # the host template is never used, or not in a way that we see through
        known = [None if v else t for v, t in zip(vague, argument_types, strict=True)]
        return InstanceRequest(
            site.kernel_name, site.qualifier, args, known, site.span, replace.used, site
        )

    # ------------------------------------------------------------ environments

    def around(self, item: Item, position: int) -> Sequence[Environment]:
        """What the names in sight of a position may be bound to: one mapping per way to get
        there."""
        sight = self.code.sight(item, position)
        local = _local_constants(sight)
        guards = constexpr_conditions(item, position, self.code.match(item))
        choices: list[dict[str, Bound]] = [
            made for e in self._of_function(item) if _holds(guards, made := {**e, **local})
        ]
        for inner in sight.lambdas():
            bound = self._of_lambda(item, inner)
            if bound:
                choices = [{**c, **b} for c in choices for b in bound][:MAX_ENVIRONMENTS]
        levels = dispatches(item, position, self.code)
        settled: set[str] = set()
        for at, level in enumerate(levels):
            inside = levels[at + 1].start if at + 1 < len(levels) else position
            if sight.get(level.name) is not None:
                continue
            aliases = _local_constants(self.code.sight(item, inside)) if inside != position else {}
            aliases = {name: bound for name, bound in aliases.items() if name not in settled}
            settled |= set(aliases)
            choices = [
                _dispatched({**choice, level.name: Bound(type_, True)}, aliases)
                for choice in choices
                for type_ in level.types
            ]
        return choices[:MAX_ENVIRONMENTS]

    def _of_function(self, item: Item) -> Sequence[Environment]:
        """Bindings of a host function template's parameters, from all its calls; those of its
        class, from all uses of that."""
        if item.owner is not None:
            classes = self._of_class(item.owner)
            own = self._of_template(item, self._member_calls(item))
            return [{**c, **o} for c in classes for o in own][:MAX_ENVIRONMENTS]
        if item.kind is not ItemKind.FUNCTION:
            return [{}]
        return self._of_template(item, lambda: self._function_uses(item))

    def _function_uses(self, item: Item) -> Iterator[Environment]:
        yield from self._from_calls(item)
        yield from self._from_references(item)

    def _member_calls(self, item: Item) -> Callable[[], Iterator[Environment]]:
        return lambda: self._from_calls(item)

    def _of_class(self, owner: Item) -> Sequence[Environment]:
        return self._of_template(owner, lambda: self._from_class_uses(owner))

    def _of_template(
        self, item: Item, uses: Callable[[], Iterator[Environment]]
    ) -> Sequence[Environment]:
        """The different environments that the uses of a template give. While they are looked
        for, those found so far are what uses inside the template itself see (recursion)."""
        if not item.template:
            return [{}]
        if id(item) in self._environments:
            return self._environments[id(item)]
        if len(self._active) > 20:
            return []
        self._active.add(id(item))
        found: dict[str, Environment] = {}
        grown = -1
        while grown < len(found) < MAX_ENVIRONMENTS:
            grown = len(found)
            self._environments[id(item)] = list(found.values())
            for environment in uses():
                folded = {name: _folded(bound) for name, bound in environment.items()}
                key = ";".join(f"{k}={text_of(v.tokens)}" for k, v in folded.items())
                found.setdefault(key, folded)
                if len(found) >= MAX_ENVIRONMENTS:
                    break
            if not self._uses_itself(item):
                break
        self._active.discard(id(item))
        self._environments[id(item)] = list(found.values()) or [{}]
        return self._environments[id(item)]

    def _uses_itself(self, item: Item) -> bool:
        start = item.body[0] if item.body else len(item.tokens)
        return any(at > start for at in self.code.identifiers(item).get(item.name, ()))

    def _from_class_uses(self, owner: Item) -> Iterator[Environment]:
        """`Runner<float, 8>` wherever it stands in host code."""
        parameters = template_parameters(owner)
        special = specialized_arguments(self.code.items, owner.name)
        for user in self.code.items:
            if user is owner or user.attributes & {"__global__"} or user.specialization:
                continue
            places = self.code.identifiers(user).get(owner.name, ())
            for at, arguments in class_uses(user, owner.name, places):
                for outer in self.around(user, at):
                    given = [_fold(substitute(a, outer)) for a in arguments]
                    if ", ".join(text_of(a) for a in given) not in special:
                        yield _bindings(parameters, [], given, [])

    def _from_calls(self, item: Item) -> Iterator[Environment]:
        parameters = template_parameters(item)
        formal = function_parameters(item)
        for caller in self.code.items:
            if caller.kind is ItemKind.EXPLICIT_INSTANTIATION:
                if caller.name == item.name and caller.name_arguments is not None:
                    start, end = caller.name_arguments
                    given = split_arguments(caller.tokens[start + 1 : end - 1])
                    empty = {p.name: Bound([], p.is_type) for p in parameters if p.pack}
                    yield {**empty, **_explicit_bindings(parameters, given)}
                continue
            if "__global__" in caller.attributes:
                continue
            if caller is item and not self._uses_itself(item):
                continue
            is_member = item.owner is not None
            for at, written, arguments in self.code.calls(caller, item.name, of_objects=is_member):
                if len(arguments) > len(formal) and not any(p.pack for p in parameters):
                    continue
                sight = self.code.sight(caller, at)
                types = [self.code.type_of(a, sight) for a in arguments]
                for outer in self.around(caller, at):
                    replace = Substitution(outer)
                    given = [replace.apply(a) for a in split_arguments(written or [])]
                    known = [None if t is None else replace.apply(t) for t in types]
                    yield _bindings(parameters, formal, given, known)

    def _from_references(self, item: Item) -> Iterator[Environment]:
        """Uses of the function as a value: `pass_on(go<float, 4>, x)`."""
        parameters = template_parameters(item)
        for caller in self.code.items:
            if caller is item or "__global__" in caller.attributes:
                continue
            for at, written in self.code.references(caller, item.name):
                for outer in self.around(caller, at):
                    given = [substitute(a, outer) for a in split_arguments(written)]
                    yield _bindings(parameters, [], given, [])

    def _of_lambda(self, item: Item, inner: Lambda) -> list[Environment]:
        """Bindings of a generic lambda's parameters, from its calls."""
        generic = [p.name for p in inner.parameters if any(t.text == "auto" for t in p.type)]
        if not generic:
            return []
        found: dict[str, Environment] = {}
        for arguments in self._lambda_calls(item, inner):
            environment: dict[str, Bound] = {}
            for declared, argument in zip(inner.parameters, arguments, strict=False):
                if declared.name in generic:
                    environment[declared.name] = Bound(argument, False)
            key = ";".join(text_of(b.tokens) for b in environment.values())
            found.setdefault(key, environment)
        return list(found.values())

    def _lambda_calls(self, item: Item, inner: Lambda) -> Iterator[list[Tokens]]:
        """Arguments of the calls of a lambda: by its variable's name, and where it is passed to a
        function, of that function's parameter."""
        if inner.name:
            for _, _, arguments in self.code.calls(item, inner.name):
                yield arguments
        for name, functions in self.code.functions.items():
            if name not in self.code.identifiers(item):
                continue
            for function in functions:
                yield from self._passed_lambda_calls(item, inner, name, function)

    def _passed_lambda_calls(
        self, item: Item, inner: Lambda, name: str, function: Item
    ) -> Iterator[list[Tokens]]:
        lambda_token = item.tokens[inner.index]
        formal = function_parameters(function)
        for _, _, arguments in self.code.calls(item, name):
            for index, argument in enumerate(arguments[: len(formal)]):
                passed = [t.text for t in argument] == [inner.name] and inner.name
                if passed or any(t is lambda_token for t in argument[:1]):
                    for _, _, given in self.code.calls(function, formal[index].name):
                        yield given


# ---------------------------------------------------------------- constants


def _fold(tokens: Tokens) -> Tokens:
    """A constant expression as its value."""
    value = folded(tokens)
    return tokens if value is None or len(tokens) < 2 else _number(value, tokens[0])


def _number(value: int, at: Token) -> Tokens:
    if value < 0:
        return [at._replace(kind=PUNCT, text="-"), *_number(-value, at)]
    return [at._replace(kind=NUMBER, text=str(value))]


def _folded(bound: Bound) -> Bound:
    return bound if bound.is_type else Bound(_fold(bound.tokens), False)


def _holds(conditions: Sequence[tuple[Tokens, bool]], environment: Environment) -> bool:
    """Whether none of the conditions is known to be otherwise."""
    return all(
        (value := folded(substitute(tokens, environment))) is None or bool(value) == wanted
        for tokens, wanted in conditions
    )


# ---------------------------------------------------------------- binding

_ADORNMENT = frozenset(("const", "&", "&&", "..."))


def _explicit_bindings(
    parameters: Sequence[TemplateParameter], given: Sequence[Tokens]
) -> dict[str, Bound]:
    bound: dict[str, Bound] = {}
    for i, parameter in enumerate(parameters):
        if parameter.pack:
            if given[i:]:  # more may be deduced where none is written
                bound[parameter.name] = Bound(_joined(given[i:]), parameter.is_type)
            break
        if i < len(given) and parameter.name:
            bound[parameter.name] = Bound(given[i], parameter.is_type)
    return bound


def _joined(parts: Sequence[Tokens]) -> Tokens:
    """Arguments as one list of tokens with commas, the form in which packs are bound."""
    tokens: Tokens = []
    for part in parts:
        if tokens and part:
            tokens.append(part[0]._replace(kind=PUNCT, text=",", glued=True))
        tokens += part
    return tokens


def _expanded(
    site: LaunchSite, types: list[Tokens | None], environment: Environment
) -> list[Tokens | None] | None:
    """Argument types of a launch, `args...` replaced by the types of its pack; None where these
    are not known: then neither is the number of arguments."""
    if not any(len(a) > 1 and a[-1].text == "..." for a in site.args):
        return types
    templates = {p.name for p in template_parameters(site.function) if p.pack}
    packs = {
        d.name: t.text
        for d in function_parameters(site.function)
        for t in d.type
        if t.text in templates
    }
    found: list[Tokens | None] = []
    for argument, type_ in zip(site.args, types, strict=True):
        if not argument or argument[-1].text != "...":
            found.append(type_)
            continue
        names = [packs[t.text] for t in argument if t.text in packs]
        if not names or names[0] not in environment:
            return None
        found += split_arguments(environment[names[0]].tokens)
    return found


def _bindings(
    parameters: Sequence[TemplateParameter],
    formal: Sequence[Declared],
    given: Sequence[Tokens],
    types: Sequence[Tokens | None],
) -> Environment:
    """Explicit arguments, then deduced ones, then defaults."""
    bound = _explicit_bindings(parameters, given)
    names = {p.name: p for p in parameters if not p.pack}
    for declared, type_ in zip(formal, types, strict=False):
        if type_ is not None:
            for name, tokens in _deduced(declared.type, type_, names).items():
                bound.setdefault(name, Bound(tokens, names[name].is_type))
    for pack in (p for p in parameters if p.pack and p.name not in bound):
        deduced = _deduced_pack(pack.name, formal, types)
        if deduced is not None:
            bound[pack.name] = Bound(_joined(deduced), pack.is_type)
    for parameter in parameters:
        if parameter.default is not None and parameter.name not in bound:
            value = substitute(parameter.default, bound)
            bound[parameter.name] = Bound(value, parameter.is_type)
    return bound


def _deduced_pack(
    name: str, formal: Sequence[Declared], types: Sequence[Tokens | None]
) -> list[Tokens] | None:
    """The types of the arguments that a trailing `Name... args` takes, if all are known."""
    if not formal or [t.text for t in formal[-1].type if t.text not in _ADORNMENT] != [name]:
        return None
    deduced: list[Tokens] = []
    for type_ in types[len(formal) - 1 :]:
        if type_ is None:
            return None
        head, stars, constant = _split_type(type_)
        deduced.append(list(type_) if stars and constant else head + _stars(type_, stars))
    return deduced


def _stars(type_: Sequence[Token], count: int) -> Tokens:
    return [type_[-1]._replace(kind=PUNCT, text="*", glued=True)] * count


def _deduced(
    pattern: Sequence[Token], type_: Sequence[Token], names: Mapping[str, TemplateParameter]
) -> dict[str, Tokens]:
    """Template arguments that make `pattern` the type: `T`, `const T*`, `T&`, `vec<T, N>`."""
    head, stars, constant = _split_type(pattern)
    given, given_stars, given_constant = _split_type(type_)
    if len(head) == 1 and head[0].text in names:
        if given_stars < stars or not given:
            return {}
        tokens = list(given)
        if given_constant and not (constant and stars == given_stars):
            if given_stars > 0:
                tokens.insert(0, given[0]._replace(kind=IDENT, text="const", glued=False))
        return {head[0].text: tokens + _stars(pattern, given_stars - stars)}
    opening = next((i for i, t in enumerate(head) if t.text == "<"), -1)
    other = next((i for i, t in enumerate(given) if t.text == "<"), -1)
    if opening < 1 or other < 1 or head[opening - 1].text != given[other - 1].text:
        return {}
    found: dict[str, Tokens] = {}
    inner = zip(
        split_arguments(head[opening + 1 : -1]),
        split_arguments(given[other + 1 : -1]),
        strict=False,
    )
    for part, value in inner:
        if len(part) == 1 and part[0].text in names:
            found[part[0].text] = value
    return found


def _split_type(tokens: Sequence[Token]) -> tuple[Tokens, int, bool]:
    """A type without `const` and references, the number of its stars, and whether it had const
    on the pointed-to type."""
    stars = sum(t.text == "*" for t in tokens[_last_angle(tokens) :])
    constant = any(t.text == "const" for t in tokens)
    last = _last_angle(tokens)
    head = [t for t in tokens[:last] if t.text not in ("const", "volatile")]
    head += [
        t
        for t in tokens[last:]
        if t.text not in ("const", "volatile", "*", "&", "&&", "__restrict__", "...")
    ]
    return head, stars, constant


def _last_angle(tokens: Sequence[Token]) -> int:
    """The index after the last `>`, or 0."""
    return max((i + 1 for i, t in enumerate(tokens) if t.text == ">"), default=0)


def _signature_types(item: Item, opening: int) -> list[Tokens | None]:
    """Parameter types of an explicit instantiation whose `(` is at `opening`."""
    tokens = item.tokens
    if opening >= len(tokens) or tokens[opening].text != "(":
        return []
    closing = max((i for i, t in enumerate(tokens) if t.text == ")"), default=opening + 1)
    named = Item(item.kind, item.name, tokens, parameters=(opening, closing + 1))
    return [p.type for p in function_parameters(named)]


def _local_constants(sight: Sight) -> dict[str, Bound]:
    found: dict[str, Bound] = {}
    for declared in sight.declared():
        name = declared.name
        if declared.is_type:
            found[name] = Bound(declared.type, True)
        elif constant_of(declared.type) is not None:
            found[name] = Bound(declared.type, False)
        elif declared.init and (declared.constant or constant_of(declared.init) is not None):
            init = declared.init
            if init[0].text == "{" and init[-1].text == "}":
                init = init[1:-1]
            found[name] = Bound(init, False)
    return found


def _dispatched(environment: dict[str, Bound], aliases: Mapping[str, Bound]) -> dict[str, Bound]:
    """The environment with aliases that stand before a further dispatch macro, which will bind
    `scalar_t` anew."""
    resolved = {
        name: Bound(substitute(bound.tokens, environment), bound.is_type)
        for name, bound in aliases.items()
    }
    return {**environment, **resolved}


# ---------------------------------------------------------------- substitution


def constant_of(tokens: Sequence[Token]) -> Tokens | None:
    """The value of `std::integral_constant<T, V>`, `std::bool_constant<V>` or `std::true_type`,
    as a type or an object (`{}`, `()`)."""
    plain = list(tokens)
    if len(plain) > 2 and (plain[-2].text, plain[-1].text) in (("{", "}"), ("(", ")")):
        plain = plain[:-2]
    while plain and plain[0].text in ("const", "constexpr", "static"):
        plain = plain[1:]
    while len(plain) > 2 and plain[0].text in ("std", "cuda") and plain[1].text == "::":
        plain = plain[2:]
    if len(plain) == 1 and plain[0].text in ("true_type", "false_type"):
        return [plain[0]._replace(text=plain[0].text[: -len("_type")])]
    if len(plain) < 4 or plain[0].text not in ("integral_constant", "bool_constant"):
        return None
    if angle_end(plain, 1) != len(plain):
        return None
    parts = split_arguments(plain[2:-1])
    wanted = 2 if plain[0].text == "integral_constant" else 1
    return parts[-1] if len(parts) == wanted else None


class Substitution:
    """Replaces bound names; each name's value is worked out once. A value that grows beyond
    `MAX_VALUE` tokens is left as its name."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.used: dict[str, str] = {}
        self._values: dict[str, Tokens | None] = {}

    def apply(self, tokens: Sequence[Token], *, note: bool = True) -> Tokens:
        """The tokens with names replaced; `used` notes which, and by what."""
        if not any(t.text in self.environment for t in tokens):
            return list(tokens)
        out: Tokens = []
        i = 0
        while i < len(tokens):
            token = tokens[i]
            name, after = token.text, i + 1
            is_type = False
            if name == "decltype" and [t.text for t in tokens[i + 1 : i + 4 : 2]] == ["(", ")"]:
                name, after, is_type = tokens[i + 2].text, i + 4, True
            value = None
            if name in self.environment and token.kind == IDENT:
                if i == 0 or tokens[i - 1].text not in (".", "->", "::"):
                    value = self._value(name)
            if value is None:
                out.append(token)
                i += 1
                continue
            bound = self.environment[name]
            constant = constant_of(value)
            after_value = _after_value(tokens, after)
            if constant is not None and (after_value > after or not bound.is_type):
                value, after = constant, after_value
            elif is_type and len(value) > 2 and value[-1].text in ("}", ")"):
                out += value[:-2] if value[-2].text in ("{", "(") else value
                i = after
                continue
            if note and name not in self.used:
                self.used[name] = text_of(value)
            alone = not out and after >= len(tokens)
            out += value if bound.is_type or alone else _operand(value)
            i = after
        return out

    def _value(self, name: str) -> Tokens | None:
        """What a name stands for, fully replaced; None within its own definition."""
        if name not in self._values:
            self._values[name] = None
            value = self.apply(self.environment[name].tokens, note=False)
            self._values[name] = value if len(value) <= MAX_VALUE else None
        return self._values[name]


def substitute(tokens: Sequence[Token], environment: Environment) -> Tokens:
    """The tokens with bound names replaced."""
    return Substitution(environment).apply(tokens)


def _operand(value: Tokens) -> Tokens:
    """A value in parentheses, if it needs them as part of an expression."""
    if len(value) <= 1:
        return value
    opening = value[0]._replace(kind=PUNCT, text="(")
    return [opening, *value, value[-1]._replace(kind=PUNCT, text=")", glued=True)]


def _after_value(tokens: Sequence[Token], i: int) -> int:
    """The index after `.value`, `::value`, `()` or `{}` at i; i where neither stands there."""
    following = [t.text for t in tokens[i : i + 2]]
    reads = ([".", "value"], ["::", "value"], ["(", ")"], ["{", "}"])
    return i + 2 if following in reads else i
