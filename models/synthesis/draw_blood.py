"""Draw the five kinds of intracranial haemorrhage."""

from __future__ import annotations

import dataclasses
import math

from models.synthesis.draw_shape import DEEP_MM, Draw, blob
from models.synthesis.fields import Triple
from models.synthesis.recipe import Collection, Haematoma, Spill

CONTUSED_MM: tuple[Triple, ...] = ((28, -50, -8), (20, -60, 5), (42, -12, -26), (52, 10, -18), (50, 30, -8))
"""Frontal and temporal poles, orbital and lateral temporal cortex."""


def collection(d: Draw, shape: str) -> Collection:
    """A subdural ``crescent`` or an epidural ``lens``; three crescents in ten are not acute."""
    crescent = shape == "crescent"
    side = d.sign()
    around, up = d.between(-1.3, 1.3), d.between(-0.25, 0.9)
    hu = d.between(48, 82)
    if crescent and d.chance(0.3):
        hu = d.between(38, 50) if d.chance(0.4) else d.between(10, 26)
    return Collection(
        shape=shape,
        direction=(side * math.cos(around) * math.cos(up), -math.sin(around) * math.cos(up), math.sin(up)),
        width_rad=d.between(0.6, 1.7) if crescent else d.between(0.28, 0.6),
        power=d.between(2.5, 5) if crescent else 2.0,
        thickness_mm=d.log_between(3, 17) if crescent else d.log_between(5, 28),
        thickness_noise=d.noise(30),
        side=side,
        hu=hu,
        texture_hu=d.between(0, 7),
        texture=d.noise(8),
        level_mm=d.between(-20, 50) if crescent and d.chance(0.2) else None,
        level_hu=d.between(15, 35),
        push=d.between(0.5, 1.0),
    )


def crescents(d: Draw) -> tuple[Collection, ...]:
    """One subdural collection, or one of the same age on each side."""
    first = collection(d, "crescent")
    if not d.chance(0.25):
        return (first,)
    x, y, z = first.direction
    other = dataclasses.replace(
        first,
        side=-first.side,
        direction=(-x, y, z),
        thickness_mm=first.thickness_mm * d.between(0.4, 1.2),
        thickness_noise=d.noise(30),
        hu=first.hu + d.between(-4, 4),
    )
    return (first, other)


def contusions(d: Draw) -> tuple[Haematoma, ...]:
    """Several small haematomas of a frontal or temporal pole."""
    x, y, z = CONTUSED_MM[int(d.rng.integers(len(CONTUSED_MM)))]
    side = d.sign()
    count = int(d.rng.integers(2, 6))
    places = [(side * x + d.normal(8), y + d.normal(8), z + d.normal(7)) for _ in range(count)]
    return tuple(_haematoma_at(d, place, d.log_between(2.5, 12)) for place in places)


def haematoma(d: Draw) -> Haematoma:
    """Deep, lobar, cerebellar or brainstem blood, 0.1 to about 110 mL, with oedema."""
    radius = d.log_between(2.8, 30)
    return _haematoma_at(d, _site(d, radius), radius)


def _haematoma_at(d: Draw, place: Triple, radius: float) -> Haematoma:
    core = blob(d, place, radius, hu=d.between(48, 86), softness_mm=d.between(0.4, 1.6))
    return Haematoma(
        core=core,
        texture_hu=d.between(0, 14) if d.chance(0.3) else d.between(0, 6),
        texture=d.noise(8),
        oedema_mm=d.between(0, 0.45) * radius + d.between(0, 3),
        oedema_hu=d.between(13, 24),
        oedema=d.between(0.0, 1.0),
        push=d.between(0.1, 0.45),
        level_mm=core.centre_mm[1] + d.normal(radius / 3) if d.chance(0.12) else None,
        level_hu=d.between(25, 45),
    )


def _site(d: Draw, radius: float) -> Triple:
    if d.chance(0.5):
        x, y, z = DEEP_MM[int(d.rng.integers(len(DEEP_MM)))]
        return (d.sign() * x + d.normal(4), y + d.normal(4), z + d.normal(4))
    x, y, z = d.inside_brain()
    if abs(x) < 10:
        x = math.copysign(10 + radius / 3, x or 1.0)
    return (x, y, z)


def spill(d: Draw, where: str) -> Spill:
    """Blood in ventricles (whole, patchy or layered at the back), cisterns or sulci."""
    base = Spill(
        where=where,
        centre_mm=(0.0, 0.0, -15.0),
        radius_mm=d.between(24, 50),
        softness_mm=5.0,
        noise=d.noise(22),
        side=0,
        layered_mm=None,
        bias=d.between(-0.3, 1.2),
        hu=d.between(46, 80),
        texture_hu=d.between(0, 5),
        texture=d.noise(8),
        strength=1.0,
        thickness_mm=0.0,
    )
    return SPILLS[where](d, base)


def _ventricular(d: Draw, base: Spill) -> Spill:
    layered = d.between(20, 72) if d.chance(0.55) else None
    return dataclasses.replace(base, side=int(d.rng.choice([-1, 0, 0, 1])), layered_mm=layered)


def _cisternal(d: Draw, base: Spill) -> Spill:
    strength, hu = d.between(0.6, 1.0), d.between(44, 72)
    if d.chance(0.6):
        return dataclasses.replace(base, strength=strength, hu=hu)
    centre = (d.sign() * 38.0, -5.0, -3.0)
    return dataclasses.replace(
        base,
        centre_mm=centre,
        radius_mm=d.between(18, 32),
        softness_mm=4.0,
        noise=d.noise(15),
        strength=strength,
        hu=hu,
    )


def _sulcal(d: Draw, base: Spill) -> Spill:
    centre = (d.between(-60, 60), d.between(-60, 90), d.between(-5, 70))
    return dataclasses.replace(
        base, centre_mm=centre, radius_mm=d.between(10, 34), softness_mm=3.0, noise=d.noise(12),
        strength=d.between(0.7, 1.0), hu=d.between(46, 78),
    )  # fmt: skip


def _falcine(d: Draw, base: Spill) -> Spill:
    centre = (0.0, d.between(-50, 80), d.between(15, 65))
    return dataclasses.replace(
        base, centre_mm=centre, side=d.sign(), thickness_mm=d.between(3, 9), radius_mm=d.between(18, 50)
    )


def _tentorial(d: Draw, base: Spill) -> Spill:
    centre = (d.sign() * d.between(5, 40), d.between(30, 70), -12.0)
    return dataclasses.replace(base, centre_mm=centre, thickness_mm=d.between(3, 8), radius_mm=d.between(16, 45))


SPILLS = {
    "ventricle": _ventricular,
    "cistern": _cisternal,
    "sulci": _sulcal,
    "falx": _falcine,
    "tentorium": _tentorial,
}
