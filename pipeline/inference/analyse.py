"""The analysis of one series, from its files to its report: no database, no network, never silent."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pydicom

from pipeline.assembly.headers import number, uid
from pipeline.assembly.recognise import recognise
from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.completeness import WHOLE_HEAD_MM, SeriesEvidence, covers_whole_head
from pipeline.domain.errors import (
    BadInput,
    BundleError,
    InferenceFailed,
    NeuroVigieError,
    NotAnalysable,
    UnreadableInstance,
)
from pipeline.domain.ports import Prediction, Predictor, Step
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.results.mask_file import write_mask
from pipeline.stages.measure import measure
from pipeline.volumes.build import build_volume
from pipeline.volumes.series_volume import SeriesVolume
from pipeline.volumes.source import read_header

NO_MODEL = "no model for this role yet"

MODEL_ERRORS = (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError, OSError)
"""What a model, its libraries or a full disk raise; more than these ends the child's request as a crash."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadyModel:
    """A loaded bundle: what it reads, and the predictor that does it."""

    id: str
    version: str
    role: SeriesRole
    baseline: bool
    predictor: Predictor


@dataclass(frozen=True, slots=True, eq=False)
class ReadyModels:
    """The models of a child, and why a role that should have one has none."""

    models: tuple[ReadyModel, ...] = ()
    unavailable: Mapping[SeriesRole, str] = field(default_factory=dict)

    def for_role(self, role: SeriesRole) -> ReadyModel | None:
        """The model of a role; a trained one comes before a baseline."""
        fitting = [model for model in self.models if model.role is role]
        return min(fitting, key=lambda model: model.baseline, default=None)


def analyse_series(
    files: Sequence[Path], *, models: ReadyModels, out: Path, expected: int | None = None
) -> Iterator[Step | SeriesReport]:
    """Recognise, build, predict, measure; yield a `Step` after each piece of work and, last, the report.

    The mask goes to ``out``/mask.npz. Whatever is wrong with the series ends in a report that says so
    in a sentence; nothing is raised for a bad series.
    """
    started = time.monotonic()
    instances, problems = _read(files)
    report = _begin(instances, expected)
    seconds = {"read": time.monotonic() - started}
    try:
        if not instances:
            raise BadInput(_none_readable(len(files), problems))  # noqa: TRY301 - one place says what failed
        yield Step("recognised", 0.05)
        report = yield from _analysed(report, instances, models, out, seconds)
    except NotAnalysable as error:
        report = replace(report, state=AnalysisState.NOT_ANALYSED, why=str(error))
    except (BadInput, BundleError, InferenceFailed) as error:
        report = replace(report, state=AnalysisState.FAILED, why=str(error))
    except MODEL_ERRORS as error:
        report = replace(report, state=AnalysisState.FAILED, why=f"the model failed ({_short(error)})")
    seconds["total"] = time.monotonic() - started
    yield replace(_with_unread(report, len(files), problems) if instances else report, seconds=seconds)


def _read(files: Sequence[Path]) -> tuple[list[tuple[Path, pydicom.Dataset]], list[str]]:
    instances, problems = [], []
    for file in files:
        try:
            header = read_header(file)
            if not uid(header, "SOPInstanceUID") or not uid(header, "SeriesInstanceUID"):
                raise UnreadableInstance("the data set is cut short or names no image")
            instances.append((file, header))
        except NeuroVigieError as error:
            problems.append(str(error))
    return instances, problems


def _begin(instances: Sequence[tuple[Path, pydicom.Dataset]], expected: int | None) -> SeriesReport:
    """The report as far as the headers alone allow; FAILED until something better is known."""
    headers = [header for _, header in instances]
    recognition = recognise(headers) if headers else Recognition(SeriesRole.OTHER, "no readable image", 0.0)
    return SeriesReport(
        SeriesInstanceUID=uid(headers[0], "SeriesInstanceUID") if headers else "",
        recognition=recognition,
        state=AnalysisState.FAILED,
        coverage=Coverage(images=len(headers), expected=expected or _promised(headers)),
    )


def _promised(headers: Sequence[pydicom.Dataset]) -> int | None:
    """ImagesInAcquisition (0020,1002), where all headers agree and it is not below what came."""
    promised = {number(header, "ImagesInAcquisition") for header in headers}
    only = promised.pop() if len(promised) == 1 else None
    return int(only) if only and only >= len(headers) else None


def _analysed(
    report: SeriesReport,
    instances: Sequence[tuple[Path, pydicom.Dataset]],
    models: ReadyModels,
    out: Path,
    seconds: dict[str, float],
) -> Generator[Step, None, SeriesReport]:
    role = report.recognition.role
    model = models.for_role(role)
    if model is None:
        raise NotAnalysable(models.unavailable.get(role, NO_MODEL))
    clock = time.monotonic()
    series = build_volume(instances)
    seconds["volume"] = time.monotonic() - clock
    yield Step("volume", 0.2)
    clock = time.monotonic()
    prediction = yield from _predicted(model.predictor, series)
    seconds["model"] = time.monotonic() - clock
    clock = time.monotonic()
    done = _measured(report, series, prediction, out)
    seconds["measure"] = time.monotonic() - clock
    baseline = ("rule-based baseline, not a trained model",) if model.baseline else ()
    return replace(done, flags=(*done.flags, *baseline))


def _predicted(predictor: Predictor, series: SeriesVolume) -> Generator[Step, None, Prediction]:
    for said in predictor.steps(series.volume):
        if isinstance(said, Prediction):
            return said
        yield Step(said.name, 0.2 + 0.7 * said.fraction)
    raise InferenceFailed("the model ended without a prediction")


def _measured(report: SeriesReport, series: SeriesVolume, prediction: Prediction, out: Path) -> SeriesReport:
    findings = measure(prediction, series.volume)
    mask_path = write_mask(out, series, prediction.labels) if findings else None
    return replace(
        report,
        state=AnalysisState.ANALYSED,
        bundle=prediction.bundle_id,
        bundle_version=prediction.bundle_version,
        scan_probability=prediction.scan_probability,
        findings=findings,
        flags=prediction.flags,
        notes=series.notes,
        coverage=_coverage(report, series),
        mask_path=None if mask_path is None else str(mask_path),
    )


def _coverage(report: SeriesReport, series: SeriesVolume) -> Coverage:
    """What the result was computed on; provisional when images are known or likely to miss."""
    role, images = report.recognition.role, series.given - series.unreadable
    expected = report.coverage.expected if report.coverage else None
    low, high = series.arrangement.from_mm, series.arrangement.to_mm
    evidence = SeriesEvidence(role, images, expected, high - low, released=True, silent_s=0.0)
    partial = images < expected if expected else role in WHOLE_HEAD_MM and not covers_whole_head(evidence)
    return Coverage(images, expected, low, high, provisional=partial or series.incomplete)


def _none_readable(count: int, problems: Sequence[str]) -> str:
    if not count:
        return "there is no image in this series"
    most = Counter(problems).most_common(1)[0][0]
    return f"none of the {count} images can be read: {most}"


def _with_unread(report: SeriesReport, count: int, problems: Sequence[str]) -> SeriesReport:
    """The report of a series some of whose files could not be read: said, and provisional."""
    if not problems or report.coverage is None:
        return report
    note = f"{len(problems)} of {count} files could not be read: {problems[0]}"
    return replace(report, notes=(*report.notes, note), coverage=replace(report.coverage, provisional=True))


def _short(error: BaseException) -> str:
    """The error's class alone: its text may quote what was in the images."""
    return "out of memory" if isinstance(error, MemoryError) else type(error).__name__
