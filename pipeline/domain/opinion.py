"""What an expert says of a case: structured by question, drafted, signed, amended; nothing signed is ever lost.

What a model suggests stands in a draft as unconfirmed. It becomes the expert's own when he confirms or
changes it, and nothing that is only suggested is ever signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pipeline.domain.finding import Finding, FindingKind, HaemorrhageSite, MidlineShift, Side


class Quality(StrEnum):
    """What can be said from these images."""

    DIAGNOSTIC = "diagnostic"
    LIMITED = "limited"
    NON_DIAGNOSTIC = "non_diagnostic"


class AspectsRegion(StrEnum):
    """One of the ten regions of the middle cerebral artery (Barber 2000, ASPECTS)."""

    CAUDATE = "C"
    LENTIFORM = "L"
    INTERNAL_CAPSULE = "IC"
    INSULA = "I"
    M1 = "M1"
    M2 = "M2"
    M3 = "M3"
    M4 = "M4"
    M5 = "M5"
    M6 = "M6"


class Occlusion(StrEnum):
    """Where a vessel is closed."""

    NONE = "none"
    ICA_CERVICAL = "ica_cervical"
    ICA_TERMINAL = "ica_terminal"
    M1 = "m1"
    M2 = "m2"
    ACA = "aca"
    PCA = "pca"
    BASILAR = "basilar"
    VERTEBRAL = "vertebral"
    TANDEM = "tandem"


class Territory(StrEnum):
    """The territory of an infarct."""

    ANTERIOR = "aca"
    MIDDLE = "mca"
    POSTERIOR = "pca"
    VERTEBROBASILAR = "vertebrobasilar"
    LACUNAR = "lacunar"
    WATERSHED = "watershed"


class Recommendation(StrEnum):
    """What the expert advises; the hospital decides."""

    THROMBOLYSIS = "thrombolysis"
    THROMBECTOMY_TRANSFER = "thrombectomy_transfer"
    NEUROSURGERY = "neurosurgery"
    STROKE_UNIT = "stroke_unit"
    REPEAT_IMAGING = "repeat_imaging"
    NO_STROKE = "no_stroke"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Haemorrhage:
    """What is said of blood; none is not said, which is not the same as absent."""

    present: bool | None = None
    sites: frozenset[HaemorrhageSite] = frozenset()
    side: Side | None = None
    volume_ml: float | None = None
    midline_shift_mm: float | None = None
    spot_sign: bool | None = None


@dataclass(frozen=True, slots=True)
class Ischaemia:
    """What is said of ischaemia; ``aspects`` are the regions that are affected, none where it was not scored."""

    present: bool | None = None
    side: Side | None = None
    territories: frozenset[Territory] = frozenset()
    aspects: frozenset[AspectsRegion] | None = None
    occlusion: Occlusion | None = None
    core_ml: float | None = None
    hypoperfused_ml: float | None = None

    @property
    def aspects_score(self) -> int | None:
        """Ten, less one for each affected region."""
        return None if self.aspects is None else len(AspectsRegion) - len(self.aspects)

    @property
    def mismatch_ratio(self) -> float | None:
        """Hypoperfused volume over core; none without both, or without a core."""
        if self.core_ml is None or self.hypoperfused_ml is None or self.core_ml <= 0:
            return None
        return self.hypoperfused_ml / self.core_ml


@dataclass(frozen=True, slots=True)
class CriticalCall:
    """A critical result told by telephone: to whom, when, and whether he repeated it (LOINC 73568-8)."""

    told: str
    at: datetime
    read_back: bool


@dataclass(frozen=True, slots=True)
class Content:
    """The whole of an opinion."""

    quality: Quality | None = None
    haemorrhage: Haemorrhage = field(default_factory=Haemorrhage)
    ischaemia: Ischaemia = field(default_factory=Ischaemia)
    recommendations: frozenset[Recommendation] = frozenset()
    conclusion: str = ""
    critical_call: CriticalCall | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being written; ``unconfirmed`` names what only a model has said, such as "haemorrhage.side"."""

    content: Content = field(default_factory=Content)
    unconfirmed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What models had found when the opinion was begun, kept as it was, and which models (name, version)."""

    content: Content
    models: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Version:
    """What was signed, by whom and when; ``why`` it took the place of the one before."""

    number: int
    content: Content
    signed_at: datetime
    signed_by: UUID
    why: str = ""


class Lacking(StrEnum):
    """Why an opinion cannot be signed as it is."""

    UNCONFIRMED = "unconfirmed"
    HAEMORRHAGE_NOT_SAID = "haemorrhage_not_said"
    RECOMMENDATION = "recommendation"
    REASON = "reason"
    """An amendment says why it was made."""
    NOTHING_CHANGED = "nothing_changed"


def suggest(findings: Sequence[Finding], shift: MidlineShift | None) -> Draft:
    """A draft filled with what models found for triage, every word of it unconfirmed.

    Where a model found nothing, nothing is suggested: its silence is not a negative.
    """
    content = Content(haemorrhage=_blood(findings, shift), ischaemia=_infarct(findings))
    return Draft(content, frozenset(said(content)))


def _blood(findings: Iterable[Finding], shift: MidlineShift | None) -> Haemorrhage:
    found = [one for one in findings if one.for_triage and one.kind is FindingKind.HAEMORRHAGE]
    if not found:
        return Haemorrhage()
    return Haemorrhage(
        present=True,
        sites=frozenset(one.site for one in found if one.site is not None),
        side=_side(found),
        volume_ml=round(sum(one.volume_ml for one in found), 1),
        midline_shift_mm=round(shift.mm, 1) if shift else None,
    )


def _infarct(findings: Iterable[Finding]) -> Ischaemia:
    found = [one for one in findings if one.for_triage and one.kind is not FindingKind.HAEMORRHAGE]
    if not found:
        return Ischaemia()
    core = [one.volume_ml for one in found if one.kind is FindingKind.INFARCT]
    return Ischaemia(present=True, side=_side(found), core_ml=round(sum(core), 1) if core else None)


def _side(found: Sequence[Finding]) -> Side | None:
    sides = {one.side for one in found} - {Side.UNKNOWN}
    return next(iter(sides)) if len(sides) == 1 else Side.BILATERAL if sides >= {Side.LEFT, Side.RIGHT} else None


_PARTS = ("haemorrhage", "ischaemia")


def said(content: Content) -> list[str]:
    """The names of everything that is said of blood and ischaemia."""
    return [
        f"{part}.{one.name}"
        for part in _PARTS
        for one in fields(getattr(content, part))
        if getattr(getattr(content, part), one.name) not in (None, frozenset())
    ]


def refreshed(draft: Draft, newer: Content) -> Draft:
    """The draft with what models say by now, unconfirmed, wherever its author said nothing yet.

    Where he denied blood or ischaemia, nothing is added to it.
    """
    content, added = draft.content, set[str]()
    for part in _PARTS:
        mine = getattr(content, part)
        names = [name for name in said(newer) if name.startswith(f"{part}.") and mine.present is not False]
        new = [name for name in names if _value(content, name) in (None, frozenset())]
        changes = {name.partition(".")[2]: _value(newer, name) for name in new}
        content = replace(content, **{part: replace(mine, **changes)})
        added |= set(new)
    return Draft(content, draft.unconfirmed | added)


def edited(draft: Draft, content: Content, confirmed: Iterable[str]) -> Draft:
    """The draft after a person changed or confirmed parts of it: whatever he changed is his own."""
    kept = {name for name in draft.unconfirmed if _value(draft.content, name) == _value(content, name)}
    return Draft(content, frozenset(kept - set(confirmed)))


def _value(content: Content, name: str) -> object:
    part, _, field_name = name.partition(".")
    return getattr(getattr(content, part), field_name)


def lacking(draft: Draft, signed: Version | None, why: str) -> tuple[Lacking, ...]:
    """What must still be done before this can be signed."""
    content, missing = draft.content, []
    if draft.unconfirmed:
        missing.append(Lacking.UNCONFIRMED)
    if content.haemorrhage.present is None and content.quality is not Quality.NON_DIAGNOSTIC:
        missing.append(Lacking.HAEMORRHAGE_NOT_SAID)
    if not content.recommendations:
        missing.append(Lacking.RECOMMENDATION)
    if signed is not None and signed.content == content:
        missing.append(Lacking.NOTHING_CHANGED)
    if signed is not None and not why.strip():
        missing.append(Lacking.REASON)
    return tuple(missing)


def sign(draft: Draft, signed: Version | None, by: UUID, now: datetime, why: str = "") -> Version:
    """The next version; raises `ValueError` when something is lacking."""
    missing = lacking(draft, signed, why)
    if missing:
        raise ValueError(", ".join(missing))
    return Version(1 if signed is None else signed.number + 1, draft.content, now, by, why.strip())


class Agreement(StrEnum):
    """What a signed opinion says of a model's answer."""

    TRUE_POSITIVE = "true_positive"
    FALSE_POSITIVE = "false_positive"
    FALSE_NEGATIVE = "false_negative"
    TRUE_NEGATIVE = "true_negative"


def agreement(*, present: bool | None, marked: bool, analysed: bool) -> Agreement | None:
    """How a model's answer on one question stands to the expert's; none where either said nothing."""
    if present is None or not (analysed or marked):
        return None
    if present:
        return Agreement.TRUE_POSITIVE if marked else Agreement.FALSE_NEGATIVE
    return Agreement.FALSE_POSITIVE if marked else Agreement.TRUE_NEGATIVE
