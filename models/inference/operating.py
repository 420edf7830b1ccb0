"""How a bundle turns probability into an answer: numbers that stand in its inference.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.inference.calibration import Calibration

AS_IT_IS = Calibration()


@dataclass(frozen=True, slots=True)
class Operating:
    """The operating point and the calibration.

    A lesion reaches out to ``threshold`` but must somewhere reach ``peak``, be ``minimum_ml`` large and of a mean
    probability of ``least_mean``.
    Where a site of blood is named, a lesion of it must hold ``site_minimum_ml`` in a whole head, and that much less in
    a part of one. ``names_sites`` is false for a network whose classes do not tell the sites of blood apart well enough
    to say. ``inside_skull`` leaves out what lies outside the skull (on MR: outside the brain). ``scan`` and
    ``lesion`` turn scores into probabilities, ``voxel`` does so for the uncertainty map.
    """

    threshold: float = 0.5
    peak: float = 0.5
    minimum_ml: float = 0.3
    least_mean: float = 0.0
    site_minimum_ml: Mapping[str, float] = field(default_factory=dict)
    inside_skull: bool = True
    names_sites: bool = True
    scan: Calibration = AS_IT_IS
    lesion: Calibration = AS_IT_IS
    voxel: Calibration = AS_IT_IS

    def least_ml(self, site: str | None) -> float:
        """How much blood of a site a whole head must hold to be said."""
        return self.site_minimum_ml.get(site or "", 0.0)
