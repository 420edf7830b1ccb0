"""Which transfer syntax of a proposal is taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydicom.uid import AllTransferSyntaxes

KNOWN_SYNTAXES = frozenset(str(uid) for uid in AllTransferSyntaxes)


def prefer_known(proposed: Iterable[Any]) -> None:
    """Put the first transfer syntax we know first in each proposed presentation context.

    The sender's order is kept otherwise: what it likes best is stored as it came. A context with
    unknown syntaxes only is taken too, and the vault says whether its data sets can be read.
    """
    for context in proposed:
        known = [syntax for syntax in context.transfer_syntax if syntax in KNOWN_SYNTAXES]
        if known and known[0] != context.transfer_syntax[0]:
            context.transfer_syntax = known
