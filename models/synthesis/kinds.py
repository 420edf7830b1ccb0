"""What a painted voxel can be, as the numbers that labels and network channels use."""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """Classes of a CT label map; 1 to 5 are blood."""

    NOTHING = 0
    INTRAPARENCHYMAL = 1
    INTRAVENTRICULAR = 2
    SUBARACHNOID = 3
    SUBDURAL = 4
    EPIDURAL = 5
    ISCHAEMIA = 6


BLOOD = tuple(kind for kind in Kind if Kind.NOTHING < kind < Kind.ISCHAEMIA)
"""The five classes of intracranial haemorrhage (Wu 2023, BHSD)."""
