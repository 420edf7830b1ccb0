"""A DICOM node we know, as the door sees it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.domain.peer import Peer

__all__ = ["KnownPeer", "Peer"]


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """A peer with the numeric addresses its ``host`` stands for."""

    peer: Peer
    addresses: frozenset[str]
