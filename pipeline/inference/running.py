"""One model over one scan: with less memory when it runs out of it."""

from __future__ import annotations

from collections.abc import Generator

from pipeline.domain.because import Because
from pipeline.domain.errors import InferenceFailed
from pipeline.domain.ports import Prediction, Predictor, Step
from pipeline.inference.ready import ReadyModel
from pipeline.inference.volumes import ScanVolumes


def predicted(
    model: ReadyModel, scan: ScanVolumes, out_of_memory: tuple[type[BaseException], ...]
) -> Generator[Step, None, tuple[Prediction, str]]:
    """The prediction of a model, and what had to be done to get it, in words.

    After one of ``out_of_memory`` the model's fallbacks are tried in turn: smaller pieces, then the CPU.
    Raises what the last one raises.
    """
    attempts = (lambda: model.predictor, *model.fallbacks)
    for number, attempt in enumerate(attempts, start=1):
        try:
            prediction = yield from _one(attempt(), model, scan)
        except out_of_memory as error:
            if number < len(attempts):
                continue
            if len(attempts) == 1:
                raise
            why = "out of memory, in smaller pieces and on the processor too"
            raise InferenceFailed(why, Because.OUT_OF_MEMORY) from error
        else:
            note = "" if number == 1 else "out of memory at first; done again with less of it at once"
            return prediction, note
    raise InferenceFailed("the model has no predictor")


def _one(predictor: Predictor, model: ReadyModel, scan: ScanVolumes) -> Generator[Step, None, Prediction]:
    beside = {role: volume for role, volume in scan.beside.items() if role in model.companions}
    for said in predictor.steps(scan.series.volume, beside):
        if isinstance(said, Prediction):
            return said
        yield said
    raise InferenceFailed("the model ended without a prediction")
