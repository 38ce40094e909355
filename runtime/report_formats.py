"""The forms of a report by the ending of its file's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .report import Report


def _json(report: Report) -> str:
    from .report_json import to_json

    return to_json(report)


def _markdown(report: Report) -> str:
    if report.kind != "translation":
        from .overview_markdown import to_markdown as of_many

        return of_many(report)
    from .report_markdown import to_markdown

    return to_markdown(report)


def _html(report: Report) -> str:
    if report.kind != "translation":
        from .overview_html import to_html as of_many

        return of_many(report)
    from .report_html import to_html

    return to_html(report)


def _sarif(report: Report) -> str:
    from .report_sarif import to_sarif

    return to_sarif(report)


FORMATS: Mapping[str, Callable[[Report], str]] = {
    ".json": _json,
    ".md": _markdown,
    ".html": _html,
    ".sarif": _sarif,
}
"""What makes the text; each loads what it needs when it is used."""
