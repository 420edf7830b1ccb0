"""Other systems that may be owed our results, and the rule that says when they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeliverWhen(StrEnum):
    """What an administrator chose for a destination."""

    OFF = "off"
    SIGNED = "signed"
    """What belongs to a case goes out once its opinion is signed."""
    UNSIGNED = "unsigned"
    """Results go out as soon as they are written, before any person has read them."""


class DeliveryEvent(StrEnum):
    """What may make an object owed."""

    ANALYSIS_COMMITTED = "analysis_committed"
    OPINION_SIGNED = "opinion_signed"


@dataclass(frozen=True, slots=True)
class Terms:
    """Whose results a destination gets, and when.

    ``peer_site_id`` is the site its DICOM peer belongs to now (its own site where it has no peer), none
    when the peer was forgotten.
    """

    site_id: str
    deliver_when: DeliverWhen
    peer_site_id: str | None


@dataclass(frozen=True, slots=True)
class Happened:
    """Something happened in a case of this site."""

    event: DeliveryEvent
    site_id: str


_EVENTS = {
    DeliverWhen.OFF: frozenset[DeliveryEvent](),
    DeliverWhen.SIGNED: frozenset({DeliveryEvent.OPINION_SIGNED}),
    DeliverWhen.UNSIGNED: frozenset({DeliveryEvent.ANALYSIS_COMMITTED, DeliveryEvent.OPINION_SIGNED}),
}


def delivers(terms: Terms) -> bool:
    """Whether anything is sent there at all: on, and still the system of the site it was turned on for."""
    return terms.deliver_when is not DeliverWhen.OFF and terms.peer_site_id == terms.site_id


def owed(terms: Terms, happened: Happened) -> bool:
    """Whether what happened makes a case's objects owed: never to another site than the images came from."""
    return delivers(terms) and happened.site_id == terms.site_id and happened.event in _EVENTS[terms.deliver_when]
