"""report.html: one file that needs nothing else, for a browser.

The page is a template with automatic escaping; all that it shows is made here or in
`report_view`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from .report import VERDICTS, Report, summary, tool_version
from .report_view import kernel_view, prose

TEMPLATES = Path(__file__).with_name("templates")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["prose"] = prose
    return environment


def template(name: str) -> Template:
    """A page of the folder of templates."""
    return _environment().get_template(name)


def to_html(report: Report) -> str:
    """The text of the page."""
    kernels = [kernel_view(kernel, file) for file in report.files for kernel in file.kernels]
    counts = {v: sum(k.report.verdict == v for k in kernels) for v in VERDICTS}
    return template("report.html.jinja").render(
        title=", ".join(file.name for file in report.files),
        target=report.target,
        tool=tool_version(),
        summary=summary(report.kernels),
        counts={verdict: count for verdict, count in counts.items() if count},
        kernels=kernels,
        findings=sum(len(k.findings) for k in kernels),
        diagnostics=report.diagnostics,
    )
