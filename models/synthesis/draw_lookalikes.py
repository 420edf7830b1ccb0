"""Draw what is no haemorrhage and may look like one: calcium, tumours, devices, air, old infarcts."""

from __future__ import annotations

from models.synthesis.draw_shape import DEEP_MM, Draw, blob
from models.synthesis.fields import Triple
from models.synthesis.recipe import Blob, Mass, Tube


def scars(d: Draw) -> tuple[Blob, ...]:
    """Cavities and gliosis of old infarcts and bleeds."""
    count = int(d.rng.integers(1, 3)) if d.chance(0.3) else 0
    return tuple(
        blob(d, d.inside_brain(), d.log_between(2.5, 22), hu=d.between(2, 24), softness_mm=0.9) for _ in range(count)
    )


def masses(d: Draw, odds: float) -> tuple[Mass, ...]:
    """A tumour or an abscess, or two to four metastases."""
    if not d.chance(odds):
        return ()
    count = int(d.rng.integers(2, 5)) if d.chance(0.3) else 1
    return tuple(_mass(d, d.log_between(4, 12 if count > 1 else 26)) for _ in range(count))


def _mass(d: Draw, radius: float) -> Mass:
    solid = d.chance(0.5)
    core = blob(d, d.inside_brain(), radius, hu=d.between(32, 52) if solid else d.between(8, 28))
    return Mass(
        core=core,
        rim_mm=d.between(1.0, 3.5),
        rim_hu=core.hu if solid else d.between(32, 50),
        oedema_mm=d.between(0, 0.9) * radius + d.between(0, 5),
        oedema_hu=d.between(14, 24),
        push=d.between(0.0, 0.3),
    )


def tubes(d: Draw) -> tuple[Tube, ...]:
    """A ventricular catheter through the frontal or parietal bone."""
    if not d.chance(0.05):
        return ()
    side = d.sign()
    entry = (side * d.between(20, 45), d.choice_of((-62.0, 75.0)) + d.normal(5), d.between(35, 62))
    target = (side * d.between(2, 14), d.between(-15, 20), d.between(2, 18))
    return (Tube(entry, target, d.between(0.9, 1.7), d.between(90, 500)),)


def metal(d: Draw) -> tuple[Blob, ...]:
    """Aneurysm clips and coils at the base, plates at the vault."""
    if not d.chance(0.04):
        return ()
    place: Triple = (d.between(-35, 35), d.between(-25, 25), d.between(-25, -8))
    if d.chance(0.3):
        place = (d.sign() * d.between(55, 68), d.between(-40, 50), d.between(5, 55))
    return (blob(d, place, d.between(1.5, 5), hu=d.between(2500, 3071), softness_mm=0.4),)


def trapped_air(d: Draw) -> tuple[Blob, ...]:
    """Bubbles under the vault after surgery or a fracture."""
    if not d.chance(0.05):
        return ()
    count = int(d.rng.integers(1, 5))
    places = [(d.between(-45, 45), d.between(-72, -30), d.between(10, 60)) for _ in range(count)]
    return tuple(blob(d, place, d.between(1.5, 9), hu=d.between(-980, -300), softness_mm=0.6) for place in places)


def calcifications(d: Draw) -> tuple[Blob, ...]:
    """Normal calcium, each place as often as an adult's: none of it is blood."""
    return (*_pineal(d), *_paired(d), *_falcine(d), *_scattered(d))


def _calcium(d: Draw, centre: Triple, radius: tuple[float, float], hu: tuple[float, float]) -> Blob:
    return blob(d, centre, d.between(*radius), hu=d.between(*hu), softness_mm=0.5)


def _pineal(d: Draw) -> tuple[Blob, ...]:
    if not d.chance(0.6):
        return ()
    return (_calcium(d, (d.between(-1, 1), 29 + d.normal(1.5), 2 + d.normal(1.5)), (1, 4), (70, 300)),)


def _paired(d: Draw) -> tuple[Blob, ...]:
    """Choroid plexus, pallidum, dentate nucleus."""
    found: list[Blob] = []
    for odds, (x, y, z), spread, radius, hu in _PAIRED:
        if d.chance(odds):
            place = (x + d.normal(spread), y + d.normal(spread), z + d.normal(spread))
            sides = [side for side in (-1, 1) if d.chance(0.88)]
            found += [_calcium(d, (side * place[0], place[1], place[2]), radius, hu) for side in sides]
    return tuple(found)


def _falcine(d: Draw) -> tuple[Blob, ...]:
    count = int(d.rng.integers(1, 4)) if d.chance(0.2) else 0
    places: list[Triple] = [(0.0, d.between(-50, 70), d.between(40, 72)) for _ in range(count)]
    return tuple(_calcium(d, place, (1.5, 5), (90, 600)) for place in places)


def _scattered(d: Draw) -> tuple[Blob, ...]:
    """A calcified bump of the surface (meningioma) and a calcified spot in the depth."""
    found: list[Blob] = []
    if d.chance(0.2):
        found.append(_calcium(d, (d.between(-60, 60), d.between(-60, 80), d.between(-20, 70)), (1, 3), (90, 400)))
    if d.chance(0.1):
        found.append(_calcium(d, DEEP_MM[int(d.rng.integers(len(DEEP_MM)))], (1, 2.5), (90, 400)))
    return tuple(found)


_PAIRED: tuple[tuple[float, Triple, float, tuple[float, float], tuple[float, float]], ...] = (
    (0.65, (22, 40, 6), 3.5, (1.2, 5), (60, 320)),
    (0.2, (20, 2, 0), 2.5, (1, 5), (48, 180)),
    (0.1, (14, 58, -36), 2.0, (2, 5), (50, 150)),
)
"""How often, where (LPS mm), its spread in mm, radius in mm and HU of calcium found on both sides."""
