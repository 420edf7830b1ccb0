"""The analysis of one series, from its files to its report: no database, no network, never silent."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pydicom

from pipeline.assembly.headers import number, uid
from pipeline.assembly.recognise import recognise
from pipeline.domain.analysis import AnalysisState, Coverage
from pipeline.domain.because import Because
from pipeline.domain.completeness import WHOLE_HEAD_MM, SeriesEvidence, covers_whole_head
from pipeline.domain.errors import (
    BadInput,
    BundleError,
    InferenceFailed,
    NeuroVigieError,
    NotAnalysable,
    UnreadableInstance,
)
from pipeline.domain.ports import Step
from pipeline.domain.report import SeriesReport
from pipeline.domain.reservations import ScanFacts, standing
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.domain.rules import reservation_rules
from pipeline.inference.findings import Seen, seen, together, unseen
from pipeline.inference.pixels_say import pixels_say
from pipeline.inference.ready import ReadyModel, ReadyModels
from pipeline.inference.running import predicted
from pipeline.inference.volumes import ScanVolumes, scan_volumes
from pipeline.results.mask_file import write_mask
from pipeline.stages.measure import Head, find_head
from pipeline.volumes.arriving import NOTHING, Arrived
from pipeline.volumes.series_volume import SeriesVolume

SAID_BY_A_PERSON = "a person said so"

MODEL_ERRORS = (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError, OSError)
"""What a model, its libraries or a full disk raise; more than these ends the child's request as a crash."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be analysed, and into which folder.

    ``expected`` is how many images the series should have; ``role`` what a person said the series is;
    ``companions`` the files of other series of the study that may be read together with it; ``arrived``
    what was decoded of any of them while they came.
    """

    files: Sequence[Path]
    out: Path
    expected: int | None = None
    role: SeriesRole | None = None
    companions: Sequence[Sequence[Path]] = field(default=())
    arrived: Arrived = NOTHING


def analyse_series(asked: Asked, models: ReadyModels) -> Iterator[Step | SeriesReport]:
    """Recognise, build, predict, measure; yield a `Step` after each piece of work and, last, the report.

    Where models follow that cannot raise, an interim report comes before them. The mask goes to
    ``out``/mask.npz. Whatever is wrong with the series ends in a report that says so in a sentence;
    nothing is raised for a bad series.
    """
    started = time.monotonic()
    instances, problems = _read(asked.files, asked.arrived)
    report = _begin(instances, asked)
    seconds = {"read": time.monotonic() - started}
    try:
        if not instances:
            raise BadInput(_none_readable(len(asked.files), problems))  # noqa: TRY301 - one place says what failed
        yield Step("recognised", 0.05)
        report = yield from _Analysis(report, asked, models, seconds).run(instances)
    except NotAnalysable as error:
        report = replace(report, state=AnalysisState.NOT_ANALYSED, why=str(error), because=error.because)
    except (BadInput, BundleError, InferenceFailed) as error:
        report = replace(report, state=AnalysisState.FAILED, why=str(error), because=error.because)
    except MODEL_ERRORS as error:
        why, code = f"the model failed ({_short(error)})", Because.MODEL_FAILED
        report = replace(report, state=AnalysisState.FAILED, why=why, because=code)
    seconds["total"] = time.monotonic() - started
    yield replace(_with_unread(report, len(asked.files), problems) if instances else report, seconds=seconds)


def _read(files: Sequence[Path], arrived: Arrived) -> tuple[list[tuple[Path, pydicom.Dataset]], list[str]]:
    instances, problems = [], []
    for file in files:
        try:
            header = arrived.header(file)
            if not uid(header, "SOPInstanceUID") or not uid(header, "SeriesInstanceUID"):
                raise UnreadableInstance("the data set is cut short or names no image")
            instances.append((file, header))
        except NeuroVigieError as error:
            problems.append(str(error))
    return instances, problems


def _begin(instances: Sequence[tuple[Path, pydicom.Dataset]], asked: Asked) -> SeriesReport:
    """The report as far as the headers alone allow; FAILED until something better is known."""
    headers = [header for _, header in instances]
    recognition = recognise(headers) if headers else Recognition(SeriesRole.OTHER, "no readable image", 0.0)
    if asked.role is not None:
        recognition = Recognition(asked.role, SAID_BY_A_PERSON)
    return SeriesReport(
        SeriesInstanceUID=uid(headers[0], "SeriesInstanceUID") if headers else "",
        recognition=recognition,
        state=AnalysisState.FAILED,
        coverage=Coverage(images=len(headers), expected=asked.expected or _promised(headers)),
    )


def _promised(headers: Sequence[pydicom.Dataset]) -> int | None:
    """ImagesInAcquisition (0020,1002), where all headers agree and it is not below what came."""
    promised = {number(header, "ImagesInAcquisition") for header in headers}
    only = promised.pop() if len(promised) == 1 else None
    return int(only) if only and only >= len(headers) else None


class _Analysis:
    """One series through every model that reads it."""

    def __init__(self, report: SeriesReport, asked: Asked, models: ReadyModels, seconds: dict[str, float]) -> None:
        self._report = report
        self._asked = asked
        self._models = models
        self._seconds = seconds
        self._by_pixels: tuple[str, ...] = ()
        self._head = Head(None, None)

    def run(
        self, instances: Sequence[tuple[Path, pydicom.Dataset]]
    ) -> Generator[Step | SeriesReport, None, SeriesReport]:
        """The report, and before models that cannot raise an interim one."""
        role = self._report.recognition.role
        reading = self._models.reading(role)
        if not reading:
            raise NotAnalysable(*self._models.why_none(role))
        clock = time.monotonic()
        scan = yield from self._volumes(instances, role, reading)
        self._look_at([header for _, header in instances], scan.series)
        self._seconds["volume"] = time.monotonic() - clock
        yield Step("examined", 0.3)
        lacking = reading[0].lacks(scan.beside)
        if lacking:
            raise NotAnalysable(f"no {lacking} have arrived", Because.COMPANION_MISSING)
        every = [(yield from self._seen(reading[0], scan))]
        for model in reading[1:]:
            if len(every) == 1:
                yield replace(self._reported(every, scan), interim=True, seconds=dict(self._seconds))
            every.append((yield from self._shown(model, scan)))
        return self._written(every, scan)

    def _look_at(self, headers: Sequence[pydicom.Dataset], series: SeriesVolume) -> None:
        """Let the pixels speak on what the series is; what a person said of it stands."""
        if self._asked.role is None:
            seen = pixels_say(self._report.recognition, headers, series)
            self._report = replace(self._report, recognition=seen.recognition)
            self._by_pixels = seen.reservations

    def _volumes(
        self, instances: Sequence[tuple[Path, pydicom.Dataset]], role: SeriesRole, reading: Sequence[ReadyModel]
    ) -> Generator[Step, None, ScanVolumes]:
        wanted = frozenset(companion for model in reading for companion in model.companions)
        others = [_read(files, self._asked.arrived)[0] for files in self._asked.companions] if wanted else []
        return (yield from scan_volumes(instances, role, wanted, others, self._asked.arrived.decode))

    def _seen(self, model: ReadyModel, scan: ScanVolumes) -> Generator[Step, None, Seen]:
        clock = time.monotonic()
        prediction, note = yield from predicted(model, scan, self._models.out_of_memory)
        self._took("model", clock)
        self._seconds[f"model {model.id}"] = time.monotonic() - clock
        yield Step("predicted", 0.9)
        clock = time.monotonic()
        if prediction.lesions and self._head.plane is None:
            self._head = find_head(scan.series.volume)  # half a second that a scan without lesions does not need
            yield Step("head", 0.92)
        found = seen(model, prediction, scan.series.volume, self._head, note)
        self._took("measure", clock)
        return found

    def _shown(self, model: ReadyModel, scan: ScanVolumes) -> Generator[Step, None, Seen]:
        """What a model saw that raises nothing: its failure spoils nobody else's answer."""
        if lacking := model.lacks(scan.beside):
            return unseen(model, AnalysisState.NOT_ANALYSED, f"no {lacking} have arrived")
        try:
            return (yield from self._seen(model, scan))
        except NotAnalysable as error:
            return unseen(model, AnalysisState.NOT_ANALYSED, str(error))
        except (BadInput, BundleError, InferenceFailed) as error:
            return unseen(model, AnalysisState.FAILED, str(error))
        except MODEL_ERRORS as error:
            return unseen(model, AnalysisState.FAILED, f"the model failed ({_short(error)})")

    def _took(self, stage: str, since: float) -> None:
        self._seconds[stage] = self._seconds.get(stage, 0.0) + time.monotonic() - since

    def _reported(self, every: Sequence[Seen], scan: ScanVolumes) -> SeriesReport:
        """The report without its mask."""
        first = every[0].result
        findings, _, notes = together(every)
        facts = ScanFacts(
            flags=(*every[0].flags, *self._by_pixels),
            out_of_distribution=first.out_of_distribution,
            role_confidence=self._report.recognition.confidence,
            has_findings=bool(findings),
        )
        stands = standing(facts, reservation_rules())
        return replace(
            self._report,
            state=AnalysisState.NOT_ANALYSED if stands.refused else AnalysisState.ANALYSED,
            why=stands.refused,
            because=Because.UNLIKE_TRAINING if stands.refused else None,
            bundle=first.bundle,
            bundle_version=first.bundle_version,
            scan_probability=first.scan_probability,
            findings=findings,
            flags=every[0].flags,
            notes=(*scan.series.notes, *scan.notes, *notes),
            coverage=_coverage(self._report, scan.series),
            results=tuple(one.result for one in every),
            reservations=stands.reservations,
            rules=reservation_rules().name,
            midline_shift=every[0].shift,
            companions=tuple(sorted(scan.beside)),
        )

    def _written(self, every: Sequence[Seen], scan: ScanVolumes) -> SeriesReport:
        """The report with its mask on the disk."""
        clock = time.monotonic()
        report = self._reported(every, scan)
        labels = together(every)[1]
        path = None if labels is None else write_mask(self._asked.out, scan.series, labels)
        self._took("mask", clock)
        return replace(report, mask_path=None if path is None else str(path))


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
