"""Draw what is bright on diffusion and no infarct: normal tracts, old lesions, tumours, abscesses, blood."""

from __future__ import annotations

from models.synthesis.draw_shape import Draw
from models.synthesis.fields import Triple
from models.synthesis.mr.draw_infarct import shape
from models.synthesis.mr.recipe import Patch

BRIGHT_MM: tuple[tuple[Triple, tuple[float, float]], ...] = (
    ((24, 14, 14), (4, 9)), ((28, 20, -14), (4, 9)), ((39, -4, 2), (5, 10)), ((5, 38, 14), (4, 8)),
    ((6, 28, -33), (4, 8)), ((12, 22, -12), (3, 6)), ((16, 52, -34), (4, 8)), ((5, -30, 26), (4, 9)),
    ((32, 62, -40), (8, 18)), ((40, 8, -30), (6, 14)),
)  # fmt: skip
"""Corticospinal tract, hippocampus, insula, splenium, pons, peduncle, cerebellar peduncle, cingulate gyrus,
cerebellar cortex, temporal base; with radii in mm."""


def normally_bright(d: Draw) -> tuple[Patch, ...]:
    """Structures that most readers know as bright, on both sides alike."""
    found: list[Patch] = []
    for (x, y, z), radius in BRIGHT_MM:
        if d.chance(0.45):
            size, t2, adc = d.between(*radius), d.between(1.0, 1.28), d.between(0.86, 1.0)
            place = (x + d.normal(2), y + d.normal(3), z + d.normal(3))
            for side in (-1, 1):
                body = shape(d, (side * place[0], place[1], place[2]), size, roughness=(0.05, 0.3))
                found.append(Patch(body, t2_ratio=t2, adc_ratio=adc))
    return (*found, *_choroid(d))


def _choroid(d: Draw) -> tuple[Patch, ...]:
    """Cysts of the choroid plexus in the atria: bright, and nothing."""
    if not d.chance(0.25):
        return ()
    t2, adc = d.between(1.2, 2.2), d.between(1.0, 1.9)
    return tuple(
        Patch(shape(d, (side * (22 + d.normal(2)), 38 + d.normal(3), 8.0), d.between(2, 5)), t2, 1.0, adc, solid=True)
        for side in (-1, 1)
    )


def lookalikes(d: Draw, often: float) -> tuple[Patch, ...]:
    """Old and other lesions; ``often`` scales how many heads have any."""
    found: list[Patch] = []
    for odds, kind in ((0.5, _scars), (0.22, _plaques), (0.1, _tumour), (0.05, _abscess), (0.14, _blood)):
        if d.chance(2 * odds * often):
            found += kind(d)
    return tuple(found)


def _place(d: Draw) -> Triple:
    return (d.between(-52, 52), d.between(-45, 85), d.between(-45, 58))


def _scars(d: Draw) -> list[Patch]:
    """Old infarcts: a cavity near water, and a gliotic rim that stays bright by its long T2."""
    found: list[Patch] = []
    for _ in range(int(d.rng.integers(1, 5))):
        place, radius = _place(d), d.log_between(2, 24)
        body = shape(d, place, radius)
        found.append(Patch(body, t2_ratio=d.between(1.2, 1.9), adc_ratio=d.between(1.2, 1.7)))
        if d.chance(0.6):
            core = shape(d, place, radius * d.between(0.4, 0.8))
            found.append(Patch(core, t2_ratio=d.between(1.8, 6), adc=d.between(1.6, 2.8)))
    return found


def _plaques(d: Draw) -> list[Patch]:
    """Bright spots of white matter: T2 shine-through with normal or raised ADC."""
    t2, adc = d.between(1.15, 1.6), d.between(1.02, 1.45)
    found = []
    for _ in range(round(d.log_between(2, 20))):
        place = (d.sign() * d.between(12, 38), d.between(-40, 65), d.between(0, 42))
        body = shape(d, place, d.log_between(1.5, 6))
        found.append(
            Patch(body, t2_ratio=t2 * d.between(0.9, 1.1), adc_ratio=adc * d.between(0.97, 1.1), white_only=True)
        )
    return found


def _tumour(d: Draw) -> list[Patch]:
    """A mass, dense or loose, in a wide oedema of raised ADC."""
    place, radius = _place(d), d.log_between(5, 24)
    oedema = shape(d, place, radius * d.between(1.3, 2.2))
    mass = shape(d, place, radius)
    found = [
        Patch(oedema, t2_ratio=d.between(1.25, 1.8), adc=d.between(1.2, 1.8), white_only=d.chance(0.8)),
        Patch(mass, t2_ratio=d.between(1.0, 1.7), adc=d.between(0.65, 1.7), solid=True, push=d.between(0.2, 0.7)),
    ]
    if d.chance(0.4):
        inner = shape(d, place, radius * d.between(0.3, 0.75))
        found.append(Patch(inner, t2_ratio=d.between(1.5, 5), adc=d.between(1.4, 2.9), solid=True))
    return found


def _abscess(d: Draw) -> list[Patch]:
    """Pus restricts diffusion like an infarct; its round wall and oedema tell."""
    place, radius = _place(d), d.log_between(5, 15)
    round_body = {"roughness": (0.02, 0.15)}
    return [
        Patch(shape(d, place, radius * d.between(1.6, 2.4)), d.between(1.3, 1.8), 1.0, d.between(1.2, 1.8)),
        Patch(shape(d, place, radius * 1.2, **round_body), d.between(0.7, 1.0), 1.0, d.between(0.8, 1.2), solid=True),
        Patch(
            shape(d, place, radius, **round_body), d.between(1.4, 2.5), 1.0, d.between(0.35, 0.7), solid=True, push=0.5
        ),
    ]


def _blood(d: Draw) -> list[Patch]:
    """A haematoma with its rim of susceptibility, or a few microbleeds."""
    if d.chance(0.5):
        return [
            Patch(shape(d, _place(d), d.between(1.5, 3.5)), signal=d.between(0.05, 0.5))
            for _ in range(int(d.rng.integers(1, 8)))
        ]
    place, radius = _place(d), d.log_between(4, 22)
    bright = d.chance(0.4)
    core = Patch(
        shape(d, place, radius),
        t2_ratio=d.between(1.3, 2.5) if bright else d.between(0.5, 1.0),
        adc=d.between(0.45, 1.2),
        signal=1.0 if bright else d.between(0.05, 0.5),
        solid=True,
        push=d.between(0.2, 0.6),
    )
    return [
        Patch(shape(d, place, radius * d.between(1.4, 2)), t2_ratio=d.between(1.2, 1.7), adc=d.between(1.1, 1.7)),
        Patch(shape(d, place, radius * d.between(1.1, 1.3)), signal=d.between(0.1, 0.5), solid=True),
        core,
    ]
