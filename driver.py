"""From a file to a translation: the only place that names every stage, in order.

read -> preprocess, index, elaborate (frontend) -> passes -> C (codegen) -> project on disk
-> build candidate and oracle, prove (runtime) -> verdicts. The oracle is built beside the
translation, in a thread, because g++ takes most of the time.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .codegen.emitter import Artifact
from .codegen.plain_c import emit_c
from .frontend.unit import SourceOptions, Unit, analyse, read_source
from .ir.diagnostics import CompileError, Diagnostic, InternalError, Reporter, Severity
from .ir.nodes import Module
from .ir.printer import print_module
from .ir.reader import read_module
from .ir.source import Sources
from .ir.verifier import check
from .passes.lowering.to_thread_loops import ToThreadLoops
from .passes.pipeline import Pass, PassContext, run_pipeline
from .passes.pipelines import SIMT
from .runtime.build import build_judged, build_shared
from .runtime.compile_commands import options_for
from .runtime.failure_folder import keep_failures
from .runtime.harness_config import HarnessConfig
from .runtime.oracle.build import Oracle, build_oracle, has_precision
from .runtime.parameters import Parameter
from .runtime.project import write_atomically, write_project
from .runtime.prove import epilogue, prove
from .runtime.report import FileReport, KernelReport, Report, blocking
from .runtime.report_formats import FORMATS
from .settings import SourceSettings
from .verification import (
    Kernel,
    Prepared,
    add_local_findings,
    conclude,
    launchers_of,
    prepare,
    said_findings,
    subject_of,
)

if TYPE_CHECKING:
    from .runtime.kernel_library import KernelLibrary, NDArray

TARGETS = ("cpu",)
PLANNED_TARGETS = ("ascend950", "ascend910b", "ascend910c")
EMIT_STAGES = ("ast", "ir", "simt", "threads", "c")
SUPPORT_HEADERS = Path(__file__).with_name("runtime") / "include"
RUNG = "cpu: thread loops"
FAILURES = "failures"
"""Folder of the output for the saved cases of failed proofs."""

Progress = Callable[[str], None]
"""Called with what is being done, and with "" when nothing is."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; the same names as there."""

    target: str = "cpu"
    out: Path | None = None
    force: bool = False
    include_dirs: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    undefines: tuple[str, ...] = ()
    std: str = "c++17"
    force_includes: tuple[str, ...] = ()
    compile_commands: Path | None = None
    kernels: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    verify: bool = True
    budget: float = 10.0
    report: tuple[Path, ...] = ()
    build: bool = False
    run: bool = False
    program_arguments: tuple[str, ...] = ()
    emit: str | None = None
    print_after: tuple[str, ...] = ()
    write: bool = True
    check_passes: bool = True
    """Verify the IR after every pass, and not after the last one of each stage alone."""


@dataclass(slots=True)
class Translation:
    """The result for one file."""

    name: str
    target: str = "cpu"
    kernels: list[KernelReport] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    sources: Sources = field(default_factory=Sources)
    modules: dict[str, Module] = field(default_factory=dict)
    emitted: str = ""
    folder: Path | None = None
    program: Path | None = None
    program_status: int | None = None

    @property
    def exit_status(self) -> int:
        """0 all translated (and proved), 1 something refused, 3 a proof failed."""
        if any(kernel.verdict == "failed" for kernel in self.kernels):
            return 3
        errors = any(d.severity is Severity.ERROR for d in self.diagnostics)
        return int(errors or any(kernel.verdict == "refused" for kernel in self.kernels))


def translate_files(
    paths: Sequence[str], options: Options, progress: Progress = lambda text: None
) -> list[Translation]:
    """Translate each file. Never raises for what the user's files hold."""
    translations = []
    for path in paths:
        translation = Translation(Path(path).name, options.target)
        try:
            with _guarded(str(path)):
                _translate(Path(path), None, options, translation, progress)
        except CompileError as failure:
            _add_diagnostics(translation, failure.diagnostics)
        finally:
            progress("")
        translations.append(translation)
    if options.report:
        _write_reports(translations, options)
    return translations


def translate(source: str | Path, *, name: str = "kernel.cu", **options: object) -> Translation:
    """Translate CUDA source for library users; nothing is written to disk.

    `source` is a path, or the text of a file (then called `name` in messages). Options are the
    fields of `Options`, for example `verify=False` or `instances=("k<float, 256>",)`. Diagnostics
    are in the result; for text that cannot be read at all they are all that is in it.
    """
    chosen = Options(**{"write": False, **options})  # type: ignore[arg-type]
    path, text = (source, None) if isinstance(source, Path) else (Path(name), source)
    translation = Translation(path.name, chosen.target)
    try:
        with _guarded(str(path)):
            _translate(path, text, chosen, translation, lambda text: None)
    except CompileError as failure:
        _add_diagnostics(translation, failure.diagnostics)
    return translation


@contextmanager
def _guarded(what: str) -> Iterator[None]:
    """Turn failures of ours into diagnostics: a user never sees a traceback."""
    try:
        yield
    except (CompileError, KeyboardInterrupt):
        raise
    except InternalError as failure:
        message = f"internal error in {failure.stage or what}: {failure}"
        raise CompileError([Diagnostic("ASC0001", message, failure.span)]) from failure
    except (RecursionError, MemoryError) as failure:
        message = f"'{what}' is nested too deeply or too large"
        raise CompileError([Diagnostic("ASC0007", message)]) from failure
    except Exception as failure:
        message = f"internal error in {what}: {type(failure).__name__}: {failure}"
        raise CompileError([Diagnostic("ASC0001", message)]) from failure


def _add_diagnostics(translation: Translation, diagnostics: Sequence[Diagnostic]) -> None:
    for diagnostic in diagnostics:
        if diagnostic not in translation.diagnostics:
            translation.diagnostics.append(diagnostic)


def _check_target(target: str) -> None:
    if target in TARGETS:
        return
    known = target.rstrip("0123456789") in PLANNED_TARGETS or target in PLANNED_TARGETS
    message = f"target '{target}' is not built yet" if known else f"unknown target '{target}'"
    raise CompileError([Diagnostic("ASC0005", message, help=f"available: {', '.join(TARGETS)}")])


def _with_database(path: Path, options: Options) -> Options:
    """The options with what the compilation database says about `path` in front."""
    if options.compile_commands is None:
        return options
    found = options_for(options.compile_commands, path)
    return replace(
        options,
        include_dirs=(*found.include_dirs, *options.include_dirs),
        defines=(*found.defines, *options.defines),
        undefines=(*found.undefines, *options.undefines),
        force_includes=(*found.force_includes, *options.force_includes),
        std=found.std or options.std,
    )


def _source_options(options: Options) -> SourceOptions:
    return SourceOptions(
        options.include_dirs,
        options.defines,
        options.undefines,
        options.force_includes,
        options.kernels,
        options.instances,
    )


def _translate(
    path: Path, text: str | None, options: Options, translation: Translation, progress: Progress
) -> list[Kernel]:
    """All stages for one file; the kernels, with what became of them in `translation`."""
    _check_target(options.target)
    options = _with_database(path, options)
    if path.suffix == ".air" and text is None:
        _continue_from_text(path, options, translation)
        return []
    text = read_source(path) if text is None else text
    reporter = Reporter()
    progress(f"{path.name}: reading")
    started = time.perf_counter()
    try:
        settings = SourceSettings(path, translation.sources, reporter)
        unit = analyse(
            path, text, _source_options(options), sources=translation.sources, reporter=reporter,
            more_instances=settings,
        )  # fmt: skip
    finally:
        _add_diagnostics(translation, reporter.diagnostics)
    if options.emit == "ast":
        translation.emitted = unit.print_ast()
        return []
    skipped = [k for k in unit.kernels if settings.config.kernel(k.name, k.instance).mode == "skip"]
    unit.kernels = [kernel for kernel in unit.kernels if kernel not in skipped]
    with ThreadPoolExecutor(1) as pool:
        oracle = None
        if options.verify and options.emit is None and not (options.build or options.run):
            oracle = pool.submit(_oracle, path, text, options, unit)
        kernels = _lower_kernels(unit, options, translation, progress)
        translation.kernels = [kernel.report for kernel in kernels]
        if kernels:
            share = (time.perf_counter() - started) / len(kernels)
            for kernel in kernels:
                kernel.report.seconds["translate"] = share
        if options.emit in ("ir", "simt", "threads") or options.print_after:
            return kernels
        lowered = [k for k in kernels if k.module is not None]
        if lowered:
            translation.files = _emit(path, lowered, translation)
        if options.emit == "c":
            translation.emitted = translation.files.get(f"{path.stem}.c", "")
            return kernels
        if options.build or options.run:
            _run_program(path, text, options, translation, unit, progress)
            return kernels
        if oracle is not None and lowered:
            _prove(
                path, text, options, translation, lowered, unit, settings.config, oracle, progress
            )
        if options.write and translation.files:
            translation.files["report.json"] = FORMATS[".json"](_report([translation], options))
            folder = _folder(path, options)
            write_project(folder, translation.files, force=options.force)
            translation.folder = folder
    return kernels


# ---------------------------------------------------------------- frontend and passes


def _lower_kernels(
    unit: Unit, options: Options, translation: Translation, progress: Progress
) -> list[Kernel]:
    """Every kernel of the unit through the passes; a refusal of one leaves the others alone."""
    kernels = []
    for kernel_unit in unit.kernels:
        progress(f"{translation.name}: {kernel_unit.instance}")
        span = kernel_unit.span.written()
        report = KernelReport(
            kernel_unit.name, kernel_unit.instance, span.file, span.line, "unverified", rung=RUNG
        )
        kernel = Kernel(kernel_unit, report, None)
        kernels.append(kernel)
        _refuse(kernel, translation, kernel_unit.diagnostics)
        if kernel_unit.module is None:
            continue
        try:
            with _guarded(kernel_unit.instance):
                kernel.module = _lower(kernel, options, translation)
        except CompileError as failure:
            _refuse(kernel, translation, failure.diagnostics)
    return kernels


def _refuse(kernel: Kernel, translation: Translation, diagnostics: Sequence[Diagnostic]) -> None:
    _add_diagnostics(translation, diagnostics)
    errors = [d for d in diagnostics if d.severity is Severity.ERROR]
    if not errors:
        return
    report = kernel.report
    report.verdict, report.rung = "refused", ""
    report.codes = list(dict.fromkeys([*report.codes, *(d.code for d in errors)]))
    report.reason = f"{errors[0].code}: {errors[0].message}"
    report.blocking = blocking(errors[0], translation.sources)


def _lower(kernel: Kernel, options: Options, translation: Translation) -> Module | None:
    """The kernel's module through the pipeline; None where a stage was printed instead."""
    module = kernel.unit.module
    assert module is not None, "only elaborated kernels are lowered"
    if options.emit == "ir":
        translation.emitted += print_module(module)
        return None
    lowered = _run_passes(module, (*SIMT,), options, translation)
    translation.modules[kernel.report.instance] = kernel.simt = lowered
    if options.emit == "simt":
        translation.emitted += print_module(lowered)
        return None
    lowered = _run_passes(lowered, (ToThreadLoops(),), options, translation)
    if options.emit == "threads":
        translation.emitted += print_module(lowered)
        return None
    return lowered


def _run_passes(
    module: Module, passes: Sequence[Pass], options: Options, translation: Translation
) -> Module:
    context = PassContext()

    def print_after(name: str, result: Module) -> None:
        if name in options.print_after or "all" in options.print_after:
            translation.emitted += f"// after {name}\n{print_module(result)}"

    result = run_pipeline(
        module, passes, context, verify=options.check_passes, print_after=print_after
    )
    if not options.check_passes:
        check(result, after=passes[-1].name)
    _add_diagnostics(translation, context.reporter.diagnostics)
    return result


def _continue_from_text(path: Path, options: Options, translation: Translation) -> None:
    """A file of IR text: run the stages that its own stage has still before it."""
    text = read_source(path)
    translation.sources.add(str(path), text)
    module = read_module(text, str(path))
    if not module.kernels():
        raise CompileError([Diagnostic("ASC0004", f"'{path}' defines no kernel")])
    is_lowered = all(f.attrs.get("stage") == "threads" for f in module.kernels())
    if options.emit == "ir" or not is_lowered:
        module = module if options.emit == "ir" else _run_passes(module, SIMT, options, translation)
    if options.emit in (None, "threads", "c") and not is_lowered:
        module = _run_passes(module, (ToThreadLoops(),), options, translation)
    if options.print_after:
        return
    if options.emit in ("ir", "simt", "threads"):
        translation.emitted = print_module(module)
        return
    artifact = emit_c([module], path.stem)
    translation.files = dict(artifact.files)
    if options.emit == "c":
        translation.emitted = translation.files[f"{path.stem}.c"]
    elif options.write:
        folder = _folder(path, options)
        files = {**translation.files, **_support_headers(translation.files)}
        write_project(folder, files, force=options.force)
        translation.folder = folder


def _emit(path: Path, kernels: Sequence[Kernel], translation: Translation) -> dict[str, str]:
    """The C files; a kernel that cannot be printed is refused, the others are printed."""
    try:
        return _printed(path, kernels)
    except Exception:
        pass  # which of them it is, the loop finds out
    printable = []
    for kernel in kernels:
        assert kernel.module is not None
        try:
            with _guarded(kernel.report.instance):
                emit_c([kernel.module], path.stem)
            printable.append(kernel)
        except CompileError as failure:
            kernel.module = None
            _refuse(kernel, translation, failure.diagnostics)
    return _printed(path, printable) if printable else {}


def _printed(path: Path, kernels: Sequence[Kernel]) -> dict[str, str]:
    artifact: Artifact = emit_c([k.module for k in kernels if k.module is not None], path.stem)
    return {**artifact.files, **_support_headers(artifact.files)}


def _support_headers(files: Mapping[str, str]) -> dict[str, str]:
    """The headers of ours that generated files include."""
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(SUPPORT_HEADERS.glob("*.h"))
        if any(f'#include "{path.name}"' in text for text in files.values())
    }


# ---------------------------------------------------------------- proof


def prepare_proof(path: Path, options: Options) -> Prepared:
    """Translate `path` and build its oracle, for a proof of any generated files with `judge`.

    Raises CompileError where the file cannot be read or nothing in it can be translated.
    """
    chosen = replace(options, verify=False, write=False)
    translation = Translation(path.name, chosen.target)
    text = read_source(path)
    reporter = Reporter()
    settings = SourceSettings(path, translation.sources, reporter)
    unit = analyse(
        path, text, _source_options(chosen), sources=translation.sources, reporter=reporter,
        more_instances=settings,
    )  # fmt: skip
    kernels = _lower_kernels(unit, chosen, translation, lambda text: None)
    lowered = [kernel for kernel in kernels if kernel.module is not None]
    files = _emit(path, lowered, translation) if lowered else {}
    if not files:
        raise CompileError(translation.diagnostics)
    oracle = _oracle(path, text, chosen, unit)
    return prepare(
        files, [k for k in lowered if k.module is not None], unit, oracle, chosen.budget, path
    )


def _oracle(
    path: Path, text: str, options: Options, unit: Unit, *, is_precise: bool = False
) -> Oracle:
    return build_oracle(
        path,
        text,
        include_dirs=options.include_dirs,
        last_dirs=unit.found_dirs,
        defines=options.defines,
        undefines=options.undefines,
        std=options.std,
        instances=[k.instance for k in unit.kernels if k.module is not None],
        epilogue=epilogue(launchers_of(unit), unit.pointers),
        is_precise=is_precise,
    )


def _prove(
    path: Path,
    text: str,
    options: Options,
    translation: Translation,
    kernels: Sequence[Kernel],
    unit: Unit,
    config: HarnessConfig,
    pending: Future[Oracle],
    progress: Progress,
) -> None:
    progress(f"{path.name}: building")
    try:
        with _guarded(str(path)):
            candidate = build_judged(translation.files)
            oracle = pending.result()
    except CompileError as failure:
        _add_diagnostics(translation, failure.diagnostics)
        for kernel in kernels:
            if kernel.module is not None:
                kernel.report.reason = failure.diagnostics[0].message
                kernel.report.codes.append(failure.diagnostics[0].code)
        return
    progress(f"{path.name}: proving")
    proved = []
    for kernel in kernels:
        if kernel.module is None:
            continue
        said = config.kernel(kernel.report.name, kernel.report.instance)
        if said.mode == "unverified":
            kernel.report.reason = "not proved, as its settings ask"
        else:
            proved.append(kernel)
    prepared = prepare(translation.files, proved, unit, oracle, options.budget, path, config)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="ascendify-") as staged:
        failures = staged if options.write else ""
        job = replace(prepared.job, candidate=str(candidate), failures=failures)
        proofs = prove(job)
        wrong = {proof.instance for proof in proofs if proof.verdict == "failed"}
        precise = _precise_oracle(path, text, options, unit) if wrong else None
        if precise is not None:
            # Before numbers are called wrong, the original says what more digits make of them.
            subjects = tuple(s for s in job.subjects if s.instance in wrong)
            shutil.rmtree(staged)
            Path(staged).mkdir()
            job = replace(job, subjects=subjects, precise=str(precise.so_path),
                          precise_variables=precise.variables)  # fmt: skip
            again = prove(job)
            proofs = [p for p in proofs if p.instance not in wrong] + again
        share = (time.perf_counter() - started) / max(1, len(proofs))
        by_instance = {proof.instance: proof for proof in proofs}
        for kernel in proved:
            if kernel.report.instance in by_instance:
                found = conclude(kernel, by_instance[kernel.report.instance])
                _add_diagnostics(translation, found)
                kernel.report.seconds["prove"] = share
        _keep_failures(Path(staged), _folder(path, options), translation, proved)
    add_local_findings(proved, oracle.uninitialised)
    _add_diagnostics(translation, said_findings(proved, translation.sources))


def _precise_oracle(path: Path, text: str, options: Options, unit: Unit) -> Oracle | None:
    """An oracle that computes with more digits; None where there is none."""
    try:
        with _guarded(str(path)):
            if has_precision():
                return _oracle(path, text, options, unit, is_precise=True)
    except CompileError:
        pass
    return None


def _keep_failures(
    staged: Path, out: Path, translation: Translation, kernels: Sequence[Kernel]
) -> None:
    """Put the saved cases of failures beside the translation."""
    read = translation.sources.files
    sources = {name: file.text for name, file in read.items() if not name.startswith("<")}
    reports = [kernel.report for kernel in kernels]
    kept: dict[str, Path] = {}
    try:
        kept = keep_failures(staged, out / FAILURES, reports, translation.files, sources)
    except CompileError as failure:
        _add_diagnostics(translation, failure.diagnostics)
    for report in reports:
        folder = kept.get(report.instance)
        report.reproducer = folder.as_posix() if folder is not None else ""


def _folder(path: Path, options: Options) -> Path:
    """Where the translation of `path` goes."""
    return options.out or Path(f"{path.stem}-{options.target}")


# ---------------------------------------------------------------- whole programs, reports


def _run_program(
    path: Path,
    text: str,
    options: Options,
    translation: Translation,
    unit: Unit,
    progress: Progress,
) -> None:
    """Build the whole program with the translated kernels behind its launches; run it if asked."""
    import subprocess

    from .runtime.oracle.build import build_hosted_program

    progress(f"{path.name}: building the program")
    if translation.exit_status:
        return
    translation.program = build_hosted_program(
        path,
        text,
        translation.files,
        include_dirs=options.include_dirs,
        last_dirs=unit.found_dirs,
        defines=options.defines,
        undefines=options.undefines,
        std=options.std,
    )
    progress("")
    if options.run:
        done = subprocess.run([str(translation.program), *options.program_arguments], check=False)
        status = done.returncode
        translation.program_status = status if status >= 0 else 128 - status


def _report(translations: Sequence[Translation], options: Options) -> Report:
    files = [FileReport(t.name, t.kernels, t.diagnostics, t.sources) for t in translations]
    return Report(options.target, files)


def _write_reports(translations: Sequence[Translation], options: Options) -> None:
    report = _report(translations, options)
    for path in options.report:
        try:
            write_atomically(path, FORMATS[path.suffix](report))
        except CompileError as failure:
            _add_diagnostics(translations[-1], failure.diagnostics)


# ---------------------------------------------------------------- the library


class RawModule:
    """CUDA source as callable kernels, with the conventions of CuPy's class of that name.

    `code` is the source text, or `path` a file. `options` are `-I`, `-D`, `-U`, `-std=` as for
    nvcc; `name_expressions` the instances of template kernels ("k<float, 256>"). Kernels run on
    the CPU, on numpy arrays and CPU tensors. Raises CompileError where the source cannot be
    translated; kernels that are refused raise it when they are asked for.
    """

    def __init__(
        self,
        *,
        code: str | None = None,
        path: str | None = None,
        options: Sequence[str] = (),
        name_expressions: Sequence[str] | None = None,
    ) -> None:
        from .runtime.kernel_library import KernelLibrary

        if (code is None) == (path is None):
            raise TypeError("give either code or path")
        source: str | Path = Path(path) if path is not None else code or ""
        self._translation, signatures = _translate_for_calls(
            source, _raw_options(options, name_expressions or ())
        )
        self._refused = {k.instance: k for k in self._translation.kernels if k.verdict == "refused"}
        errors = [d for d in self._translation.diagnostics if d.severity is Severity.ERROR]
        if not self._translation.files:
            raise CompileError(errors)
        self._library = KernelLibrary(
            build_shared(self._translation.files, language="c"), signatures
        )

    def get_function(self, name: str) -> RawKernel:
        """The kernel called `name` (with template arguments for an instance).

        Raises CompileError where it was refused, AttributeError where there is none.
        """
        for instance in self._library.names():
            if name in (instance, instance.split("<")[0]):
                return RawKernel(self._library, instance)
        if name in self._refused:
            codes = self._refused[name].codes
            raise CompileError([d for d in self._translation.diagnostics if d.code in codes])
        raise AttributeError(f"no kernel '{name}'; there are: {', '.join(self._library.names())}")

    def get_global(self, name: str) -> NDArray:
        """The bytes of a `__device__` or `__constant__` variable, as a writable uint8 array."""
        return self._library.variable(name)


@dataclass(frozen=True, slots=True)
class RawKernel:
    """A kernel of a `RawModule`: `kernel((8,), (128,), (x, y, np.int32(n)))`."""

    _library: KernelLibrary
    name: str

    def __call__(
        self,
        grid: Sequence[int],
        block: Sequence[int],
        args: Sequence[object],
        *,
        shared_mem: int = 0,
    ) -> None:
        """Run over `grid` blocks of `block` threads; returns when it is done."""
        self._library.launch(self.name, grid, block, args, shared_mem)


def _raw_options(options: Sequence[str], instances: Sequence[str]) -> Options:
    """Compiler options as CuPy takes them."""
    kinds = {"-I": "include_dirs", "-D": "defines", "-U": "undefines"}
    values: dict[str, list[str]] = {name: [] for name in kinds.values()}
    std = "c++17"
    for option in options:
        if option[:2] in kinds:
            values[kinds[option[:2]]].append(option[2:].strip())
        elif option.startswith(("-std=", "--std=")):
            std = option.split("=", 1)[1]
        else:
            raise ValueError(f"unknown option {option!r}; known: -I -D -U -std=")
    return Options(
        include_dirs=tuple(values["include_dirs"]),
        defines=tuple(values["defines"]),
        undefines=tuple(values["undefines"]),
        std=std,
        instances=tuple(instances),
        verify=False,
        write=False,
    )


def _translate_for_calls(
    source: str | Path, options: Options
) -> tuple[Translation, dict[str, tuple[Parameter, ...]]]:
    path, text = (source, None) if isinstance(source, Path) else (Path("kernel.cu"), source)
    translation = Translation(path.name, options.target)
    with _guarded(str(path)):
        kernels = _translate(path, text, options, translation, lambda text: None)
    subjects = [subject_of(kernel) for kernel in kernels if kernel.module is not None]
    return translation, {subject.instance: subject.parameters for subject in subjects}
