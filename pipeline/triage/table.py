"""The same answer for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.domain.priority import Tier
from pipeline.domain.report import SeriesReport
from pipeline.triage.document import NOTICE, shown_state
from pipeline.triage.run import StudyResult
from pipeline.triage.walk import Found

_STYLE = {Tier.RED: "bold white on red", Tier.ORANGE: "black on dark_orange", Tier.YELLOW: "black on yellow",
          Tier.GREY: "white on grey50"}  # fmt: skip


def show(console: Console, found: Found, results: Sequence[StudyResult]) -> None:
    """Print each study, the most urgent first, with its series and every reason."""
    for result in sorted(results, key=lambda one: one.priority.tier.rank):
        console.print(_headline(result))
        for reason in result.priority.reasons:
            console.print(Text(f"  - {reason.text}"))
        console.print(_series_table(result.reports))
        console.print()
    for ignored in found.ignored:
        console.print(Text(f"Left out: {ignored.file}: {ignored.why}"))
    if found.not_dicom:
        console.print(f"{found.not_dicom} files are not DICOM.")
    console.print(Text(NOTICE, style="italic"))


def _headline(result: StudyResult) -> Text:
    tier = result.priority.tier
    line = Text.assemble((f" {tier.value.upper()} ", _STYLE[tier]), f" study {result.study.StudyInstanceUID}")
    if result.study.shared_uid:
        line.append(" (another patient has the same StudyInstanceUID; kept apart)")
    return line


def _series_table(reports: Sequence[SeriesReport]) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    for name in ("role", "because", "state", "images", "what was seen"):
        table.add_column(name, overflow="fold")
    for report in reports:
        images = report.coverage.sentence if report.coverage else ""
        table.add_row(*(Text(part) for part in (
            report.recognition.role.value, report.recognition.reason, shown_state(report.state), images, _seen(report),
        )))  # fmt: skip
    return table


def _seen(report: SeriesReport) -> str:
    lines = [report.why] if report.why else []
    lines += [
        f"suspected {f.kind} {f.volume_ml:.1f} mL, {f.side} (confidence {f.confidence:.2f})"
        + ("" if f.for_triage else ", shown only")
        for f in report.findings
    ]
    if report.bundle:
        lines += [] if report.findings else [_no_suspicion(report)]
        lines += [f"by {result.bundle} {result.bundle_version}" for result in report.results]
    return "\n".join([*lines, *report.flags, *report.notes])


def _no_suspicion(report: SeriesReport) -> str:
    """A negative result on half a series must not read as a negative series."""
    partial = report.coverage is not None and report.coverage.provisional
    return "no suspicion on the images that came; the series is not whole" if partial else "no suspicion"
