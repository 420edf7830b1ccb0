"""What another system says of the objects it was asked to keep (storage commitment, PS3.4 annex J)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CommitmentReport:
    """One answer: the SOP instance UIDs it keeps, and those it does not, each with its Failure Reason (0008,1197)."""

    transaction_uid: str
    kept: frozenset[str] = frozenset()
    not_kept: Mapping[str, int] = field(default_factory=dict)


_REASONS = {
    0x0110: "it failed to process it",
    0x0112: "it has no such object",
    0x0213: "it is short of resources",
    0x0119: "it has another SOP class under this UID",
    0x0122: "it does not support the SOP class",
    0x0131: "the transaction UID was used before",
}
"""PS3.3 C.14.1.1."""


def why_not_kept(reason: int) -> str:
    """A Failure Reason in words."""
    return f"the system does not keep it: {_REASONS.get(reason, 'no known reason')} ({reason:04X})"
