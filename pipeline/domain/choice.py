"""Which series of a study a bundle reads: decided by declared preference, with the runners-up and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.domain.character import Kernel, SeriesCharacter
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.domain.same_view import UNKNOWN_VIEW, View, shows_all_of


class Criterion(StrEnum):
    """One thing by which a series is better than another."""

    COMPLETE = "complete"
    WHOLE_HEAD = "whole_head"
    NO_CONTRAST = "no_contrast"
    SOFT_KERNEL = "soft_kernel"
    ORIGINAL = "original"
    STILL = "still"
    NO_METAL = "no_metal"
    THIN = "thin"
    THICK = "thick"
    CONFIDENT = "confident"


@dataclass(frozen=True, slots=True)
class Preference:
    """What a bundle reads and how it chooses: the first criterion that separates two series decides.

    Series below ``least_confidence``, or of slices outside the thickness range (mm), are not read.
    """

    role: SeriesRole
    order: tuple[Criterion, ...]
    thinnest_mm: float = 0.0
    thickest_mm: float = 10.0
    least_confidence: float = 0.5
    refused: frozenset[Criterion] = frozenset()


NON_CONTRAST_CT = Preference(
    SeriesRole.NCCT,
    (Criterion.WHOLE_HEAD, Criterion.COMPLETE, Criterion.NO_CONTRAST, Criterion.SOFT_KERNEL, Criterion.ORIGINAL,
     Criterion.STILL, Criterion.NO_METAL, Criterion.THIN, Criterion.CONFIDENT),
)  # fmt: skip
DIFFUSION = Preference(
    SeriesRole.DWI,
    (Criterion.WHOLE_HEAD, Criterion.COMPLETE, Criterion.ORIGINAL, Criterion.STILL, Criterion.CONFIDENT,
     Criterion.THIN),
)  # fmt: skip
PREFERENCES: Mapping[SeriesRole, Preference] = {one.role: one for one in (NON_CONTRAST_CT, DIFFUSION)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One series of the study."""

    SeriesInstanceUID: str
    recognition: Recognition
    character: SeriesCharacter
    view: View = UNKNOWN_VIEW


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with the sentence that says why it was chosen, came after, or is not read.

    ``criteria`` are those that decided, which the desk translates.
    """

    candidate: Candidate
    why: str
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen series if there is one, the others that could be read, best first, and those that cannot."""

    chosen: Ranked | None
    runners_up: tuple[Ranked, ...] = ()
    not_read: tuple[Ranked, ...] = field(default=())


def choose_beside(mine: Candidate, others: Iterable[Candidate], preference: Preference) -> Choice:
    """Choose between one series and those of ``others`` that show all that it shows.

    A series that shows more, or another acquisition, never takes its place.
    """
    return choose([mine, *(one for one in others if shows_all_of(one.view, mine.view))], preference)


def choose(candidates: Iterable[Candidate], preference: Preference) -> Choice:
    """Choose the best series for a bundle; the same candidates in any order give the same choice."""
    known = sorted(candidates, key=lambda one: one.SeriesInstanceUID)
    refused = {one.SeriesInstanceUID: why for one in known if (why := _refusal(one, preference))}
    readable = sorted(
        (one for one in known if one.SeriesInstanceUID not in refused), key=lambda one: _scores(one, preference)
    )
    not_read = tuple(Ranked(one, refused[one.SeriesInstanceUID]) for one in known if one.SeriesInstanceUID in refused)
    if not readable:
        return Choice(None, (), not_read)
    best = readable[0]
    after = tuple(_against(one, best, preference) for one in readable[1:])
    return Choice(_praise(best, readable[1:], preference), after, not_read)


def _refusal(one: Candidate, preference: Preference) -> str:
    """Why a series is not read at all; "" when it may be."""
    if one.recognition.role is not preference.role:
        return f"its role is {one.recognition.role.value}, not {preference.role.value}"
    if one.recognition.confidence < preference.least_confidence:
        return f"its role is too uncertain ({one.recognition.confidence:.2f})"
    thickness = one.character.thickness_mm
    if thickness is not None and not preference.thinnest_mm <= thickness <= preference.thickest_mm:
        return f"its slices of {thickness:g} mm are outside {preference.thinnest_mm:g} to {preference.thickest_mm:g} mm"
    failed = [criterion for criterion in preference.refused if _SCORE[criterion](one) >= _WRONG]
    return f"it is not {_WORDS[failed[0]]}" if failed else ""


_WRONG = 2.0
"""The score of a criterion that is known not to hold; 1 where nothing is known, 0 where it holds."""


def _known(holds: bool | None) -> float:  # noqa: FBT001 - the three states of one fact
    return 1.0 if holds is None else 0.0 if holds else _WRONG


def _soft(one: Candidate) -> float:
    return {Kernel.SOFT: 0.0, Kernel.UNKNOWN: 1.0, Kernel.BONE: _WRONG}[one.character.kernel]


def _thickness(one: Candidate) -> float:
    return 5.0 if one.character.thickness_mm is None else one.character.thickness_mm


_SCORE: Mapping[Criterion, Callable[[Candidate], float]] = {
    Criterion.COMPLETE: lambda one: _known(one.character.complete),
    Criterion.WHOLE_HEAD: lambda one: _known(one.character.whole_head),
    Criterion.NO_CONTRAST: lambda one: _known(None if one.character.contrast is None else not one.character.contrast),
    Criterion.SOFT_KERNEL: _soft,
    Criterion.ORIGINAL: lambda one: _known(one.character.original),
    Criterion.STILL: lambda one: _known(None if one.character.motion is None else not one.character.motion),
    Criterion.NO_METAL: lambda one: _known(None if one.character.metal is None else not one.character.metal),
    Criterion.THIN: _thickness,
    Criterion.THICK: lambda one: -_thickness(one),
    Criterion.CONFIDENT: lambda one: -round(one.recognition.confidence, 1),
}
_WORDS: Mapping[Criterion, str] = {
    Criterion.COMPLETE: "complete",
    Criterion.WHOLE_HEAD: "of the whole head",
    Criterion.NO_CONTRAST: "without contrast agent",
    Criterion.SOFT_KERNEL: "reconstructed for soft tissue",
    Criterion.ORIGINAL: "original, not reformatted",
    Criterion.STILL: "free of motion",
    Criterion.NO_METAL: "free of metal",
    Criterion.THIN: "in thinner slices",
    Criterion.THICK: "in thicker slices",
    Criterion.CONFIDENT: "recognised with more confidence",
}


def _scores(one: Candidate, preference: Preference) -> tuple[float | str, ...]:
    scores = tuple(_SCORE[criterion](one) for criterion in preference.order)
    return (*scores, -one.character.images, one.SeriesInstanceUID)


def _decider(one: Candidate, other: Candidate, preference: Preference) -> Criterion | None:
    """The first criterion that separates two series."""
    return next((c for c in preference.order if _SCORE[c](one) != _SCORE[c](other)), None)


def _against(one: Candidate, best: Candidate, preference: Preference) -> Ranked:
    decider = _decider(one, best, preference)
    if decider is None:
        return Ranked(one, "the chosen one has more images")
    return Ranked(one, f"the chosen one is {_WORDS[decider]}", (decider,))


def _praise(best: Candidate, others: Sequence[Candidate], preference: Preference) -> Ranked:
    if not others:
        return Ranked(best, f"the only {preference.role.value} series that can be read")
    deciders = tuple(dict.fromkeys(d for other in others if (d := _decider(best, other, preference)) is not None))
    return Ranked(best, ", ".join(_WORDS[decider] for decider in deciders) or "it has the most images", deciders)
