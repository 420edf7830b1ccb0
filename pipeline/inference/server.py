"""Inside the inference child: load the bundles, then answer requests from a pipe, the urgent one first."""

from __future__ import annotations

import itertools
import os
import select
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import torch

from models import predict, registry
from pipeline import logs
from pipeline.assembly.charsets import read_chinese_escapes
from pipeline.domain.errors import BadInput, BundleError, NeuroVigieError, NotAnalysable
from pipeline.domain.ports import Step
from pipeline.domain.role import SeriesRole
from pipeline.inference import confinement, wire
from pipeline.inference.analyse import Asked, analyse_series
from pipeline.inference.ready import ReadyModel, ReadyModels
from pipeline.inference.requests import Analyse, Answer, TakeIn, Transcode, WriteResults
from pipeline.inference.warm import warm
from pipeline.results.transcode import transcode
from pipeline.results.write import write_results
from pipeline.volumes.arriving import ArrivingImages

OUT_OF_MEMORY = (torch.OutOfMemoryError,)
"""After it a model is tried again on one slice at a time, then on the processor."""

_ONE_SLICE = {"segmenter::slices_at_once": 1}


@dataclass(eq=False, slots=True)
class _Running:
    """A request under way: its number, its urgency (higher goes first) and its answers to come."""

    number: int
    urgency: int
    answers: Iterator[Answer]


class Server:
    """Runs requests step by step; between two steps the most urgent one goes first."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO, models: ReadyModels) -> None:
        self._requests = requests
        self._answers = answers
        self._models = models
        self._running: list[_Running] = []
        self._arriving = ArrivingImages()

    def serve(self) -> None:
        """Answer until the parent closes the pipe."""
        while self._take_requests():
            if self._running:
                self._one_step(max(self._running, key=lambda job: (job.urgency, -job.number)))

    def _take_requests(self) -> bool:
        """Read all requests that have come; wait for one when there is nothing to do. False at the end."""
        while not self._running or select.select([self._requests], [], [], 0)[0]:
            frame = wire.read(self._requests)
            if frame is None:
                return False
            if isinstance(frame.message, wire.Cancel):
                self._running = [job for job in self._running if job.number != frame.request]
            else:
                answers = self._begin(frame.message)
                self._running.append(_Running(frame.request, frame.urgency, answers))
        return True

    def _begin(self, request: object) -> Iterator[Answer]:
        if isinstance(request, Analyse):
            return self._analysed(request)
        if isinstance(request, TakeIn):
            return self._taken_in(request)
        if isinstance(request, WriteResults):
            return write_results(request)
        if isinstance(request, Transcode):
            return transcode(request)
        return _refused()

    def _analysed(self, request: Analyse) -> Iterator[Answer]:
        """What has arrived is taken when the analysis begins, not while it waits."""
        asked = _asked(request)
        files = itertools.chain(asked.files, *asked.companions)
        yield from analyse_series(replace(asked, arrived=self._arriving.take(files)), self._models)

    def _taken_in(self, request: TakeIn) -> Iterator[Answer]:
        for number, file in enumerate(request.files, start=1):
            self._arriving.add(file)
            yield Step("taken in", number / len(request.files))

    def _one_step(self, job: _Running) -> None:
        message: wire.Message
        try:
            message = next(job.answers)
        except StopIteration:
            message = wire.Ended()
        except (BadInput, NotAnalysable) as error:
            message = wire.Failed(str(error), bad_input=True)
        except Exception as error:  # noqa: BLE001 - the outermost loop: a bad request must not end the child
            message = wire.Failed(f"the model's process failed ({type(error).__name__})")
        if isinstance(message, wire.Ended | wire.Failed):
            self._running.remove(job)
        wire.write(self._answers, wire.Frame(job.number, message))


def _asked(request: Analyse) -> Asked:
    return Asked(
        files=[image.path for image in request.images],
        out=request.out,
        expected=request.expected,
        role=request.role,
        companions=[[image.path for image in series] for series in request.companions],
    )


def _refused() -> Iterator[Answer]:
    yield from ()
    raise BadInput("this is not a request")


def load_models(folders: Sequence[Path], device: str, also: Collection[str] = ()) -> tuple[ReadyModels, wire.Ready]:
    """Load every bundle that is run by itself, and those named in ``also``; a broken one is told, never fatal.

    A rule that is not for triage is a yardstick, which only benchmarks run.
    """
    ready: list[ReadyModel] = []
    problems: list[str] = []
    unavailable: dict[SeriesRole, str] = {}
    for bundle in _installed(folders or (registry.BUNDLES,), also, problems):
        try:
            ready.append(_ready(bundle, device))
        except NeuroVigieError as error:
            problems.append(str(error))
            if bundle.for_triage:
                unavailable[bundle.role] = f"the model for this role cannot be loaded: {error}"
    models = ReadyModels(tuple(ready), unavailable, OUT_OF_MEMORY)
    return models, wire.Ready(tuple(model.id for model in ready), tuple(problems))


def _installed(folders: Sequence[Path], also: Collection[str], problems: list[str]) -> Iterator[registry.BundleInfo]:
    for folder in folders:
        try:
            bundles = registry.installed(folder)
        except BundleError as error:
            problems.append(str(error))
            continue
        yield from (one for one in bundles if one.for_triage or one.id in also or (one.by_itself and not one.baseline))


def _ready(bundle: registry.BundleInfo, device: str) -> ReadyModel:
    return ReadyModel(
        id=bundle.id,
        version=bundle.version,
        role=bundle.role,
        baseline=bundle.baseline,
        predictor=predict.load(bundle, device),
        for_triage=bundle.for_triage,
        companions=bundle.companions,
        needs_one_of=bundle.needs_one_of,
        fallbacks=(partial(_with_less, bundle, device), partial(_with_less, bundle, "cpu")),
    )


def _with_less(bundle: registry.BundleInfo, device: str) -> predict.BundlePredictor:
    """The bundle again, on one slice at a time; what the first attempt left on the device is given back."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return predict.load(bundle, device, _ONE_SLICE)


def run(device: str, folders: Sequence[Path], also: Collection[str], answers: BinaryIO) -> None:
    """Load the models, say `Ready`, serve the requests on standard input until it is closed."""
    logs.configure("inference")
    read_chinese_escapes()
    models, ready = load_models(folders, device, also)
    _use_all_cores(device)
    if device != "cpu" and torch.cuda.is_available():
        warm(models)
    logs.get().debug("child_ready", count=len(ready.bundles))
    for problem in ready.problems:
        logs.get().error("bundle_left_out", error=problem)
    wire.write(answers, wire.Frame(0, ready))
    with os.fdopen(0, "rb", buffering=0) as requests:  # unbuffered: select must see what is left
        Server(requests, answers, models).serve()


def _use_all_cores(device: str) -> None:
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    if device == "cpu" or not torch.cuda.is_available():
        confinement.limit_memory()
