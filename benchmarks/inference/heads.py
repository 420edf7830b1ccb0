"""Head CT volumes to measure on: the demo's phantom, decoded."""

from __future__ import annotations

from functools import cache

import numpy as np

from pipeline.domain.finding import Side
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.volume import Volume, VoxelUnit
from pipeline.phantom import BleedSite, Haemorrhage, PhantomSeries, PhantomStudy
from pipeline.phantom.geometry import places
from pipeline.phantom.render import slices

COVERAGE_MM = 160.0

VARIED = (
    (30.0, BleedSite.BASAL_GANGLIA),
    (2.5, BleedSite.THALAMUS),
    (0.0, BleedSite.BASAL_GANGLIA),
    (60.0, BleedSite.SUBDURAL),
    (1.2, BleedSite.LOBAR),
    (12.0, BleedSite.CEREBELLUM),
)
"""Blood in mL and where it lies: from none to much, one near the 1 mL at which a component counts."""


@cache
def phantom_head(count: int, blood_ml: float, site: BleedSite, seed: int) -> Volume:
    """A head CT of so many slices of 512 x 512, int16 HU, with blood on the left."""
    series = PhantomSeries(images=count, spacing_mm=round(COVERAGE_MM / count, 3))
    blood = Haemorrhage(blood_ml, Side.LEFT, site) if blood_ml else None
    hu = np.stack(list(slices(PhantomStudy(seed=seed, series=(series,), haemorrhage=blood), series, "ncct")))
    first = places(series)[0]
    steps = (first.pixel_mm, 0, 0), (0, first.pixel_mm, 0), (0, 0, series.spacing_mm)
    return Volume(hu, PatientFromVoxel.from_columns(*steps, first.ImagePositionPatient), VoxelUnit.HU)


def varied_heads(count: int, heads: int) -> list[Volume]:
    """Heads of different sizes with different bleedings."""
    return [phantom_head(count, *VARIED[n % len(VARIED)], seed=n + 1) for n in range(heads)]
