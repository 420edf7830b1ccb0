"""An opinion as the desk's JSON shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pipeline.database.opinions import StoredOpinion, content_to_json
from pipeline.domain.opinion import Content, Suggestion, Version
from review_ui.views import Instant


@dataclass(frozen=True, slots=True)
class ContentView:
    """The content with what follows from it: the ASPECTS score and the mismatch ratio."""

    content: dict[str, Any]
    aspects_score: int | None
    mismatch_ratio: float | None


@dataclass(frozen=True, slots=True)
class DraftView:
    """What is being written; ``unconfirmed`` is what only a model has said."""

    said: ContentView
    unconfirmed: list[str]


@dataclass(frozen=True, slots=True)
class VersionView:
    """What was signed; ``why`` it took the place of the version before."""

    number: int
    said: ContentView
    signed_at: Instant
    why: str


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model that suggested something."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """What models had found when it was begun, as it was, and which models."""

    content: dict[str, Any]
    models: list[ModelView]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionView:
    """One person's opinion: its draft, for the author alone, and every signed version, the newest last.

    ``newer_suggestions``: models say something by now that the draft could take in.
    """

    id: UUID
    case: UUID
    author: str
    mine: bool
    revision: int
    draft: DraftView | None
    suggested: SuggestionView | None
    newer_suggestions: bool
    versions: list[VersionView]
    begun_at: Instant
    changed_at: Instant


def opinion_view(one: StoredOpinion, reader: UUID, *, newer: bool = False) -> OpinionView:
    """An opinion as somebody may read it: a draft is its author's own."""
    mine = one.author_id == reader
    draft = one.draft if mine else None
    return OpinionView(
        id=one.id,
        case=one.case_id,
        author=one.author,
        mine=mine,
        revision=one.revision,
        draft=DraftView(_said(draft.content), sorted(draft.unconfirmed)) if draft else None,
        suggested=_suggested(one.suggested) if one.suggested else None,
        newer_suggestions=mine and newer,
        versions=[_version(version) for version in one.versions],
        begun_at=one.begun_at,
        changed_at=one.changed_at,
    )


def _suggested(one: Suggestion) -> SuggestionView:
    return SuggestionView(content_to_json(one.content), [ModelView(*model) for model in one.models])


def _version(one: Version) -> VersionView:
    return VersionView(one.number, _said(one.content), one.signed_at, one.why)


def _said(content: Content) -> ContentView:
    return ContentView(content_to_json(content), content.ischaemia.aspects_score, content.ischaemia.mismatch_ratio)
