"""The models a child has loaded, which of them read a series, and why a role that should have one has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.domain.because import Because
from pipeline.domain.ports import Predictor
from pipeline.domain.role import SeriesRole

NO_MODEL = "no model for this role yet"
READ_TOGETHER = "read together with the diffusion series"

_NAMES = {SeriesRole.ADC: "ADC map", SeriesRole.B0: "b=0 images", SeriesRole.FLAIR: "FLAIR series"}


@dataclass(frozen=True, slots=True, eq=False)
class ReadyModel:
    """A loaded bundle: what it reads, and the predictor that does it.

    Unless ``for_triage`` what it sees is shown and raises nothing. ``companions`` are roles it can read
    beside ``role``; of each group in ``needs_one_of`` it needs one. ``fallbacks`` make predictors that
    need less memory, to be tried one after another.
    """

    id: str
    version: str
    role: SeriesRole
    baseline: bool
    predictor: Predictor
    for_triage: bool = True
    companions: tuple[SeriesRole, ...] = ()
    needs_one_of: tuple[tuple[SeriesRole, ...], ...] = ()
    fallbacks: tuple[Callable[[], Predictor], ...] = ()

    def lacks(self, given: Iterable[SeriesRole]) -> str:
        """What is missing beside the series, in words; empty when nothing is."""
        there = set(given)
        missing = next((group for group in self.needs_one_of if not there.intersection(group)), ())
        return " or ".join(_NAMES.get(role, role.value) for role in missing)


@dataclass(frozen=True, slots=True, eq=False)
class ReadyModels:
    """The models of a child; ``out_of_memory`` are the errors after which one tries with less."""

    models: tuple[ReadyModel, ...] = ()
    unavailable: Mapping[SeriesRole, str] = field(default_factory=dict)
    out_of_memory: tuple[type[BaseException], ...] = (MemoryError,)

    def for_role(self, role: SeriesRole) -> ReadyModel | None:
        """The model that decides on triage for a role; a trained one comes before a baseline."""
        fitting = [model for model in self.models if model.role is role and model.for_triage]
        return min(fitting, key=lambda model: model.baseline, default=None)

    def reading(self, role: SeriesRole) -> tuple[ReadyModel, ...]:
        """Every model that reads a role, the one for triage first; rules never beside a trained model."""
        first = self.for_role(role)
        shown = [m for m in self.models if m.role is role and not m.for_triage and not m.baseline]
        return (*((first,) if first else ()), *shown)

    def why_none(self, role: SeriesRole) -> tuple[str, Because]:
        """Why no model reads a role, in words and as a code."""
        if role in self.unavailable:
            return self.unavailable[role], Because.MODEL_UNAVAILABLE
        together = any(role in model.companions for model in self.models)
        return (READ_TOGETHER, Because.READ_TOGETHER) if together else (NO_MODEL, Because.NO_MODEL)
