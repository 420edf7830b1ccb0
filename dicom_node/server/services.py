"""What the node does besides storing; whatever is absent is not offered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from dicom_node.scu.commitment import Told
from dicom_node.server.commitments import Commitments
from dicom_node.server.performed import Performed
from dicom_node.server.removals import Removals
from dicom_node.server.retrieval import Retrieval
from dicom_node.worklist.provider import Worklist


@dataclass(frozen=True, slots=True)
class Services:
    """``committed`` hears which of our objects another system keeps; without it nobody here asks for that.

    ``retrieval`` answers queries, ``commitments`` tells who asks what we keep, ``performed`` hears how many
    images a study has, ``removals`` takes away what was decided to be deleted, ``worklist`` offers scanners what
    their hospital has asked for.
    """

    committed: Told | None = None
    retrieval: Retrieval | None = None
    commitments: Commitments | None = None
    performed: Performed | None = None
    removals: Removals | None = None
    worklist: Worklist | None = None

    def loops(self) -> list[Callable[[threading.Event], None]]:
        """What each of them has to do beside answering, until it is told to stop; each the loop of a thread."""
        return [one.run for one in (self.commitments, self.performed, self.removals) if one is not None]
