"""Tables in Markdown, and the generated parts of a card and of RESULTS.md."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks.accuracy.figures import Row, Scores
from benchmarks.accuracy.metrics import Interval
from models.registry import WEIGHTS

MISSING = "–"


def written(figure: Interval | None, *, share: bool = False) -> str:
    """A figure with its 95 % interval and the number of cases: `0.61 [0.50, 0.71], 23`."""
    if figure is None or math.isnan(figure.value):
        return MISSING
    if share:
        span = "" if math.isnan(figure.low) else f" [{figure.low:.0%}, {figure.high:.0%}]"
        return f"{figure.value:.0%}{span}, {figure.count}"
    span = "" if math.isnan(figure.low) else f" [{figure.low:.2f}, {figure.high:.2f}]"
    return f"{figure.value:.2f}{span}, {figure.count}"


def table(rows: Sequence[Row], columns: Sequence[tuple[str, Scores]]) -> str:
    """Rows that any reader has a figure for, one column a reader; a goal met by the first one is ticked."""
    lines = [_line("test", "goal", *(title for title, _ in columns)), _line(*("---",) * (len(columns) + 2))]
    for row in rows:
        found = [row.figure(scores) for _, scores in columns]
        if any(one is not None for one in found):
            cells = (written(one, share=row.share) for one in found)
            lines.append(_line(row.text, _goal(row, found[0]), *cells))
    return "\n".join(lines)


def _goal(row: Row, first: Interval | None) -> str:
    if row.goal is None:
        return ""
    value = f"{row.goal.value:.0%}" if row.share else f"{row.goal.value:g}"
    verdict = "" if first is None else ", met" if row.goal.met(first.value) else ", **not met**"
    return f"{row.goal.sense} {value}{verdict}"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def section(text: str, arguments: Sequence[str], today: date) -> str:
    """A table under the command that made it, the day and the machine; folders by their option's name."""
    return f"`{command(arguments)}`, {today.isoformat()}, {machine()}.\n\n{text}\n\n{LEGEND}"


LEGEND = (
    "Each cell: the figure, its 95 % interval (bootstrap; real slices by patient) and the number of cases. A head or "
    "lesion is marked when any marked voxel lies on it. Lesion F1 counts the same way."
)

_FOLDERS = {"--cases": "CASES", "--negatives": "NEGATIVES", "--prior": "PRIOR", "--lesion-masks": "MASKS",
            "--blast-ct": "WEIGHTS", "--results": ""}  # fmt: skip
_SILENT = ("--write-card", "--write-results", "--pictures")


def command(arguments: Sequence[str]) -> str:
    """The command as another machine would run it."""
    words, rest = [], iter(arguments)
    for word in rest:
        if word in _FOLDERS:
            next(rest, None)
            words += [word, _FOLDERS[word]] if _FOLDERS[word] else []
        elif word not in _SILENT:
            words.append(word)
    return " ".join(("python -m benchmarks.accuracy", *words))


def machine() -> str:
    """Processor and number of cores, in words; no name of the machine."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores"


def made_of(folder: Path) -> str:
    """What a bundle's own files say of its weights and operating point, as sentences for its card."""
    return " ".join(one for one in (_trained(folder), _operating(folder)) if one)


def _operating(folder: Path) -> str:
    chosen = json.loads((folder / "configs/inference.json").read_text())["operating"]
    reach = f"A lesion reaches out to a probability of {chosen['threshold']:g}"
    sites = [f"{site} {least:g} mL" for site, least in chosen.get("site_minimum_ml", {}).items()]
    mean = f", be {chosen['least_mean']:g} on average" if chosen.get("least_mean") else ""
    of_a_site = f" (in a whole head, {' and '.join(sites)})" if sites else ""
    return (
        f"{reach}, must somewhere reach {chosen['peak']:g}{mean} and be {chosen['minimum_ml']:g} mL large{of_a_site}."
    )


def _trained(folder: Path) -> str:
    record_file, weights = folder / "docs/training_record.json", folder / WEIGHTS
    if not (record_file.exists() and weights.exists()):
        return ""
    record = json.loads(record_file.read_text())
    plan, size = record["plan"], weights.stat().st_size / 1e6
    steps = (
        f"{record['minutes']:g} minutes of steps ({record['steps']:,} of {plan['batch']} slices, {record['device']})"
    )
    heads = f"heads painted from {len(record['anatomies'])} anatomies; {plan['filters']} filters, {size:.1f} MB"
    how = "[training_record.json](training_record.json) says how the run went."
    if "mean_with" not in record:
        return f"Trained for {steps} on {heads}; {how}"
    other = f"The mean (`python -m models.training.mean`) of {record['mean_with']}"
    return f"{other}, and of what was trained on from them for {steps} on {heads}; {how}"


def replaced(text: str, section: str, content: str) -> str:
    """The text with what stands between `<!-- section -->` and `<!-- end -->` replaced, or added at the end."""
    start, end = f"<!-- {section} -->", "<!-- end -->"
    block = f"{start}\n{content.strip()}\n{end}"
    before, found, rest = text.partition(start)
    if not found:
        return f"{text.rstrip()}\n\n{block}\n".lstrip("\n")
    return before + block + rest.partition(end)[2]


def write_section(file: Path, section: str, content: str) -> None:
    """Put generated content at its place in a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    old = file.read_text() if file.exists() else ""
    file.write_text(replaced(old, section, content))
