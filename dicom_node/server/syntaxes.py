"""Which transfer syntax of a proposal is taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydicom.uid import AllTransferSyntaxes

KNOWN_SYNTAXES = frozenset(str(uid) for uid in AllTransferSyntaxes)


def preferred(proposed: Sequence[str]) -> str:
    """The first transfer syntax we know, else the first.

    The sender's order is kept otherwise: what it likes best is stored as it came. Unknown syntaxes are
    taken too, and the vault says whether their data sets can be read.
    """
    return next((syntax for syntax in proposed if syntax in KNOWN_SYNTAXES), proposed[0])


def prefer_known(proposed: Iterable[Any]) -> None:
    """Put the preferred transfer syntax first in each of pynetdicom's proposed presentation contexts."""
    for context in proposed:
        best = preferred(context.transfer_syntax)
        if best != context.transfer_syntax[0]:
            context.transfer_syntax = [one for one in context.transfer_syntax if one in KNOWN_SYNTAXES]
