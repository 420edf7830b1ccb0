"""Draw acute infarcts: real masks, territories, lacunes, border zones, embolic showers; an age for each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.synthesis.draw_shape import Draw
from models.synthesis.fields import Triple
from models.synthesis.mr.masks import MaskLibrary
from models.synthesis.mr.recipe import Infarct, MaskUse, Shape

AGES_HOURS = (1.0, 6.0, 24.0, 72.0, 120.0, 240.0, 336.0)
ADC_RATIO = (0.68, 0.55, 0.47, 0.48, 0.6, 0.85, 1.0)
T2_RATIO = (1.0, 1.1, 1.35, 1.65, 1.75, 1.75, 1.75)
"""Course of diffusion and T2 in infarcted tissue, after Lansberg 2001 and Schlaug 1997, joined by lines."""

TERRITORIES: tuple[tuple[float, str, tuple[tuple[float, float], ...]], ...] = (
    (0.42, "middle", ((28, 58), (-35, 45), (-8, 45))),
    (0.1, "anterior", ((4, 14), (-60, 20), (5, 60))),
    (0.14, "posterior", ((5, 32), (48, 92), (-12, 22))),
    (0.12, "cerebellar", ((6, 42), (48, 84), (-55, -22))),
    (0.12, "deep", ((10, 32), (-15, 28), (-4, 22))),
    (0.1, "brainstem", ((0, 8), (20, 38), (-52, -12))),
)
"""Weight, name and box of the centre: distance from the midline, then y and z (LPS mm)."""

LACUNES_MM: tuple[Triple, ...] = (
    (24, 6, 14), (27, 0, 2), (13, 20, 8), (22, 0, 28), (20, 18, 24), (5, 28, -32), (3, 24, -20), (30, 10, 10),
    (16, -8, 12), (18, 62, -36),
)  # fmt: skip
"""Internal capsule, putamen, thalamus, corona radiata, pons, midbrain, external capsule, caudate, cerebellum."""


@dataclass(frozen=True, slots=True)
class VolumeBand:
    """Infarcts between two volumes, log-uniform, with a weight."""

    weight: float
    least_ml: float
    most_ml: float


def infarcts(
    d: Draw, kinds: Mapping[str, float], volumes: Sequence[VolumeBand], masks: MaskLibrary | None, natural: float
) -> tuple[Infarct, ...]:
    """The acute infarcts of one head, all of about one age; ``natural`` of the real masks keep their size."""
    usable = {name: weight for name, weight in kinds.items() if masks is not None or name != "mask"}
    kind = d.choice(list(usable or ["territory"]), list(usable.values()) or [1.0])
    age = d.log_between(1.5, 300)
    if kind == "shower":
        return _shower(d, age)
    if kind == "lacune":
        return tuple(_lacune(d, age) for _ in range(1 + d.chance(0.15)))
    volume = _volume(d, volumes)
    if kind == "watershed":
        return _watershed(d, age, volume)
    first = (
        _real(d, age, volume, masks, natural) if kind == "mask" and masks is not None else _territory(d, age, volume)
    )
    extra = int(d.rng.integers(1, 5)) if d.chance(0.25) else 0
    return (first, *(_embolus(d, age, first.side or d.sign()) for _ in range(extra)))


def _volume(d: Draw, bands: Sequence[VolumeBand]) -> float:
    chosen = bands[int(d.choice([str(n) for n in range(len(bands))], [band.weight for band in bands]))]
    return d.log_between(chosen.least_ml, chosen.most_ml)


def _tissue_of(d: Draw, age_hours: float) -> dict[str, float]:
    """ADC and T2 ratios of an age, scattered as patients are, and never both near normal."""
    log_age = math.log(age_hours)
    ages = [math.log(a) for a in AGES_HOURS]
    adc = float(np.interp(log_age, ages, ADC_RATIO)) * (1 + d.normal(0.13))
    t2 = float(np.interp(log_age, ages, T2_RATIO)) * (1 + d.normal(0.1))
    adc = min(max(adc, 0.35), 1.1)
    # What brightens DWI: exp of about 0.85 (1 - adc) + 0.9 (1 - 1 / t2); less than a third is hardly seen.
    lacking = 0.32 - (0.85 * (1 - adc) + 0.9 * (1 - 1 / t2))
    return {"age_hours": age_hours, "adc_ratio": adc - max(0.0, lacking) / 0.85, "t2_ratio": t2}


def _infarct(
    d: Draw,
    age_hours: float,
    *,
    shape: Shape | None = None,
    mask: MaskUse | None = None,
    side: int = 0,
    above: bool = False,
) -> Infarct:
    cortical = d.chance(0.2)
    return Infarct(
        **_tissue_of(d, age_hours),
        mottle=d.between(0, 0.35),
        mottle_noise=d.noise(8),
        white_share=d.between(0.1, 0.8) if shape is not None and shape.radius_mm > 10 and cortical else 1.0,
        grey_share=1.0,
        shape=shape,
        mask=mask,
        side=side,
        above_tentorium=above,
        bled=d.between(0.2, 0.8) if d.chance(0.05) else 0.0,
    )


def shape(d: Draw, centre_mm: Triple, radius_mm: float, *, roughness: tuple[float, float] = (0.1, 0.5)) -> Shape:
    """An irregular ellipsoid with random axes."""
    return Shape(
        centre_mm=centre_mm,
        radius_mm=radius_mm,
        axes=(d.between(0.65, 1.35), d.between(0.65, 1.35), d.between(0.65, 1.35)),
        angles_rad=(d.between(-3, 3), d.between(-3, 3), d.between(-3, 3)),
        roughness=d.between(*roughness),
        noise_seed=int(d.rng.integers(2**31)),
        softness_mm=d.between(0.3, 1.2) if radius_mm < 8 else d.between(0.4, 2.2),
    )


def radius_of(volume_ml: float) -> float:
    """Radius in mm of a ball of that volume."""
    return float((volume_ml * 1000 * 3 / (4 * math.pi)) ** (1 / 3))


def _real(d: Draw, age: float, volume_ml: float, masks: MaskLibrary, natural: float) -> Infarct:
    name = masks.names[int(d.rng.integers(len(masks.names)))]
    ratio = volume_ml / masks.read(name).volume_ml
    # The size the patient had, or scaled to the volume asked for as far as the shape stays itself.
    scale = d.between(0.85, 1.15) if d.chance(natural) else min(1.6, max(0.22, ratio ** (1 / 3)))
    return _infarct(d, age, mask=MaskUse(name, d.chance(0.5), d.between(0, 1), scale))


def _territory(d: Draw, age: float, volume_ml: float) -> Infarct:
    index = d.choice([str(n) for n in range(len(TERRITORIES))], [weight for weight, _, _ in TERRITORIES])
    _, name, (x, y, z) = TERRITORIES[int(index)]
    side = d.sign()
    largest = {"brainstem": 3.0, "deep": 20.0, "cerebellar": 50.0}.get(name, 250.0)
    centre = (side * d.between(*x), d.between(*y), d.between(*z))
    # Some of the ellipsoid falls on fluid and outside: begin larger.
    body = shape(d, centre, radius_of(min(volume_ml, largest) * 1.5))
    return _infarct(d, age, shape=body, side=0 if name == "brainstem" else side, above=name not in _BELOW)


_BELOW = ("cerebellar", "brainstem")


def _lacune(d: Draw, age: float) -> Infarct:
    x, y, z = LACUNES_MM[int(d.rng.integers(len(LACUNES_MM)))]
    centre = (d.sign() * max(1.0, x + d.normal(3)), y + d.normal(4), z + d.normal(4))
    return _infarct(d, age, shape=shape(d, centre, d.log_between(2.2, 8), roughness=(0.05, 0.3)))


def _watershed(d: Draw, age: float, volume_ml: float) -> tuple[Infarct, ...]:
    """Beads along the border of two territories: corona radiata, or cortex before and behind the middle one's."""
    side = d.sign()
    lines: tuple[tuple[Triple, Triple], ...] = (
        ((24, -35, 24), (27, 40, 26)),
        ((22, -58, 18), (20, -30, 58)),
        ((40, 72, 12), (22, 50, 58)),
    )
    start, end = lines[int(d.rng.integers(len(lines)))]
    count = int(d.rng.integers(3, 9))
    radius = radius_of(min(volume_ml, 25.0) * 1.4 / count)
    found = []
    for _ in range(count):
        t = d.between(0, 1)
        at = [a + (b - a) * t + d.normal(2.5) for a, b in zip(start, end, strict=True)]
        body = shape(d, (side * abs(at[0]), at[1], at[2]), max(1.6, radius * d.between(0.6, 1.3)))
        found.append(_infarct(d, age, shape=body, side=side, above=True))
    return tuple(found)


def _embolus(d: Draw, age: float, side: int) -> Infarct:
    """A small infarct, under about half a millilitre, mostly in the cortex or just under it."""
    place = d.choice(("cortex", "deep", "cerebellum", "occipital"), (0.62, 0.14, 0.12, 0.12))
    if place == "cortex":
        centre = _on_cortex(d, side)
    elif place == "deep":
        centre = (side * d.between(8, 34), d.between(-25, 40), d.between(-5, 34))
    elif place == "cerebellum":
        centre = (side * d.between(5, 44), d.between(46, 84), d.between(-52, -22))
    else:
        centre = (side * d.between(4, 30), d.between(56, 92), d.between(-10, 24))
    radius = radius_of(d.log_between(0.06, 0.48) * 1.25)
    return _infarct(d, age, shape=shape(d, centre, radius, roughness=(0.05, 0.35)))


def _on_cortex(d: Draw, side: int) -> Triple:
    """A point a little under the surface of the cerebrum, drawn as an ellipsoid."""
    up, around = d.between(-0.1, 1.1), d.between(0, math.pi)
    inward = d.between(0.72, 0.95)
    x = 66 * math.cos(up) * math.sin(around) * inward
    y = 18 - 82 * math.cos(up) * math.cos(around) * inward
    return (side * max(4.0, x), y, 2 + 66 * math.sin(up) * inward)


def _shower(d: Draw, age: float) -> tuple[Infarct, ...]:
    """Four to thirty emboli, in one territory, one hemisphere or all over."""
    count = round(d.log_between(4, 30))
    spread = d.choice(("one side", "both"), (0.5, 0.5))
    side = d.sign()
    return tuple(
        _embolus(d, age * d.between(0.8, 1.25), side if spread == "one side" else d.sign()) for _ in range(count)
    )
