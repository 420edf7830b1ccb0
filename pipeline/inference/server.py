"""Inside the inference child: load the bundles, then answer requests from a pipe, the urgent one first."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch

from models import predict, registry
from pipeline import logs
from pipeline.domain.errors import BadInput, BundleError, NeuroVigieError, NotAnalysable
from pipeline.inference import confinement, wire
from pipeline.inference.analyse import ReadyModel, ReadyModels, analyse_series
from pipeline.inference.requests import Analyse, Answer, Transcode, WriteSegmentation
from pipeline.results.transcode import transcode


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
            files = [image.path for image in request.images]
            return analyse_series(files, models=self._models, out=request.out, expected=request.expected)
        if isinstance(request, WriteSegmentation):
            return _written(request)
        if isinstance(request, Transcode):
            return transcode(request)
        return _refused()

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


def _written(request: WriteSegmentation) -> Iterator[Answer]:
    from pipeline.results.segmentation import write_segmentation  # noqa: PLC0415 - off the critical path of a start

    yield write_segmentation(request)


def _refused() -> Iterator[Answer]:
    yield from ()
    raise BadInput("this is not a request")


def load_models(folders: Sequence[Path], device: str) -> tuple[ReadyModels, wire.Ready]:
    """Load every bundle meant for triage; one that is broken is left out and told, never fatal."""
    ready, problems, unavailable = [], [], {}
    for folder in folders or (registry.BUNDLES,):
        try:
            bundles = registry.installed(folder)
        except BundleError as error:
            problems.append(str(error))
            continue
        for bundle in bundles:
            if not bundle.for_triage:
                continue
            try:
                predictor = predict.load(bundle, device)
            except NeuroVigieError as error:
                problems.append(str(error))
                unavailable[bundle.role] = f"the model for this role cannot be loaded: {error}"
            else:
                ready.append(ReadyModel(bundle.id, bundle.version, bundle.role, bundle.baseline, predictor))
    return ReadyModels(tuple(ready), unavailable), wire.Ready(tuple(m.id for m in ready), tuple(problems))


def run(device: str, folders: Sequence[Path], answers: BinaryIO) -> None:
    """Load the models, say `Ready`, serve the requests on standard input until it is closed."""
    logs.configure("inference")
    models, ready = load_models(folders, device)
    _use_all_cores(device)
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
