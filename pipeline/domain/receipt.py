"""What the vault says when an instance is durable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """How one instance came in: from which site, by which peer, in which association.

    ``site_id`` comes from the peer that sent it, never from a tag. ``received_at`` is UTC.
    """

    site_id: str
    peer_ae_title: str
    association_id: str
    received_at: datetime
    SOPClassUID: str
    SOPInstanceUID: str
    TransferSyntaxUID: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that one instance is durable.

    ``path`` is relative to the vault and of our own making; ``sha256`` is of the data set's bytes as
    sent, ``size`` their number; ``duplicate`` says that the very same bytes were already there.
    """

    arrival: Arrival
    path: str
    sha256: str
    size: int
    duplicate: bool = False
