"""A DICOM node we know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Peer:
    """A DICOM node an administrator made known: the site it belongs to, its name, where it is."""

    site_id: str
    ae_title: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """A peer with the numeric addresses its ``host`` stands for."""

    peer: Peer
    addresses: frozenset[str]
