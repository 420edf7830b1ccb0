"""Draw a whole diffusion MR head: all chance is spent here, so that painting is deterministic."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from numpy.random import Generator

from models.synthesis.draw_shape import Draw
from models.synthesis.mr.draw_infarct import VolumeBand, infarcts, shape
from models.synthesis.mr.draw_lookalikes import lookalikes, normally_bright
from models.synthesis.mr.masks import MaskLibrary
from models.synthesis.mr.recipe import Dipole, HeadMRRecipe, Outside, Patch, Tissue
from models.synthesis.pose import draw_pose

TURN_SD_DEGREES = (9, 4, 8)
"""How far heads lie turned about x, y and z."""

DIPOLES_MM = ((0, -62, -18), (45, 20, -28), (-45, 20, -28), (38, -20, -38), (-38, -20, -38), (0, -20, -36), (0, -72, 2))
"""Frontal sinus, petrous bones, temporal poles, sphenoid sinus, frontal pole: where air lies beside brain."""

SMALL_MM, WIDE_MM = (3.5, 9.0), (9.0, 20.0)
PILEUPS_MM: tuple[tuple[tuple[int, int, int], tuple[float, float]], ...] = (
    ((52, 18, -30), SMALL_MM), ((58, 22, -20), SMALL_MM), ((46, -12, -36), SMALL_MM), ((56, 4, -24), SMALL_MM),
    ((16, -72, 4), SMALL_MM), ((8, -66, -14), SMALL_MM), ((24, 100, -10), SMALL_MM), ((38, 92, -20), SMALL_MM),
    ((20, -78, 8), WIDE_MM), ((12, -80, 26), WIDE_MM), ((26, 102, -6), WIDE_MM), ((14, 104, 14), WIDE_MM),
)  # fmt: skip
"""Lateral and front of the temporal base, frontal pole, orbital roof, occipital pole, transverse sinus, and the
rims of the frontal and occipital poles; with radii in mm."""


@dataclass(frozen=True, slots=True)
class Odds:
    """How often a head has an infarct, of which kind and size; and how often something that only looks like one.

    ``volumes`` are bands of mL with a weight each, log-uniform inside; ``natural`` of the real masks keep
    the size their patient had. The kind ``mask`` is drawn only where real masks are given. ``pileup`` is
    how often signal piles up sharply at the skull base and the poles: 0 in the frozen heads, which were
    drawn before it was there.
    """

    infarct: float = 0.72
    lookalike: float = 0.5
    natural: float = 0.3
    pileup: float = 0.0
    kinds: dict[str, float] = field(
        default_factory=lambda: {"mask": 0.42, "territory": 0.2, "lacune": 0.12, "watershed": 0.06, "shower": 0.2}
    )
    volumes: tuple[VolumeBand, ...] = (
        VolumeBand(0.1, 0.1, 0.5),
        VolumeBand(0.45, 0.5, 5.0),
        VolumeBand(0.3, 5.0, 40.0),
        VolumeBand(0.15, 40.0, 250.0),
    )


def draw(rng: Generator, anatomies: int, masks: MaskLibrary | None = None, odds: Odds | None = None) -> HeadMRRecipe:
    """One head among ``anatomies``, with real infarct shapes where ``masks`` are given."""
    odds = odds or Odds()
    d = Draw(rng)
    strokes = infarcts(d, odds.kinds, odds.volumes, masks, odds.natural) if d.chance(odds.infarct) else ()
    recipe = HeadMRRecipe(
        anatomy=int(rng.integers(anatomies)),
        mirrored=d.chance(0.5),
        pose=draw_pose(d, TURN_SD_DEGREES),
        tissue=_tissue(d),
        outside=_outside(d),
        field_noise=d.noise(40),
        field_mm=d.between(0, 1.2),
        dipoles=_dipoles(d),
        bright=normally_bright(d),
        lookalikes=lookalikes(d, odds.lookalike),
        infarcts=strokes,
    )
    if odds.pileup and d.chance(odds.pileup):
        return _with_pileups(d, recipe)
    return recipe


def _tissue(d: Draw) -> Tissue:
    """Relaxation at 1.5 to 3 T (Stanisz 2005) and diffusion of the adult brain, a little wider than seen."""
    grey_t2 = d.between(82, 112)
    grey_adc = d.between(0.74, 0.95)
    return Tissue(
        echo_ms=d.between(52, 115),
        grey_t2_ms=grey_t2,
        white_t2_ms=grey_t2 * d.between(0.7, 0.92),
        fluid_t2_ms=d.between(300, 2000),
        white_density=d.between(0.82, 0.95),
        grey_adc=grey_adc,
        white_adc=grey_adc * d.between(0.84, 1.0),
        fluid_adc=d.between(2.3, 3.3),
        cerebellum_t2=d.between(0.95, 1.2),
        texture=d.noise(13),
        texture_t2=d.between(0, 0.06),
        texture_adc=d.between(0, 0.07),
        margin_mm=d.between(-0.5, 3.0),
        sulcus_threshold=d.between(0.2, 0.45) if d.chance(0.5) else d.between(0.45, 0.75),
        sulcus_sharpness=d.between(6, 14),
        sulcus_noise=d.noise(9),
        ventricle_growth_mm=d.between(-1.0, 2.0) if d.chance(0.5) else d.between(1.5, 8.0),
        atrophy=d.between(0, 0.08) if d.chance(0.5) else 0.0,
        leukoaraiosis=d.between(0.08, 0.6) if d.chance(0.5) else 0.0,
        leukoaraiosis_noise=d.noise(15),
    )


def _outside(d: Draw) -> Outside:
    return Outside(
        soft=d.log_between(0.05, 0.6),
        soft_adc=d.between(0.8, 1.8),
        fat=d.log_between(0.02, 0.9),
        fat_adc=d.between(0.02, 0.5),
        eye=d.between(1.2, 3.0),
        marrow=d.log_between(0.01, 0.3),
        vein=d.between(0.1, 0.8),
        mottle=d.between(0, 0.6),
        noise=d.noise(14),
    )


def _dipoles(d: Draw) -> tuple[Dipole, ...]:
    strength = d.log_between(0.3, 2.5)
    return tuple(_dipole(d, place, strength) for place in DIPOLES_MM if d.chance(0.7))


def _dipole(d: Draw, place: tuple[int, int, int], strength: float) -> Dipole:
    x, y, z = place
    return Dipole(
        centre_mm=(x + d.normal(4), y + d.normal(4), z + d.normal(4)),
        radius_mm=d.between(6, 20),
        shift_mm=d.sign() * strength * d.between(0.5, 4.0),
        loss=d.between(0, 0.8) if d.chance(0.5) else 0.0,
    )


def _with_pileups(d: Draw, recipe: HeadMRRecipe) -> HeadMRRecipe:
    """Steep shifts beside bone and air, on both sides mostly: spots, lines and rims of bright signal."""
    dipoles, bright = list(recipe.dipoles), list(recipe.bright)
    for (x, y, z), radius in PILEUPS_MM:
        if d.chance(0.5):
            place = (x + d.normal(5), y + d.normal(4), z + d.normal(6))
            size, shift = d.between(*radius), d.sign() * d.between(0.5, 1.8)
            t2, adc = d.between(1.0, 2.6), d.between(0.6, 1.25)
            for side in (-1, 1):
                if d.chance(0.85):
                    centre = (side * place[0] + d.normal(2), place[1] + d.normal(2), place[2] + d.normal(3))
                    near = size * d.between(0.8, 1.2)
                    dipoles.append(Dipole(centre, near, shift * near * d.between(0.6, 1.2), 0.0))
                    if d.chance(0.4):
                        body = shape(d, centre, near * d.between(0.4, 0.9))
                        bright.append(Patch(body, t2_ratio=t2, adc_ratio=adc))
    return dataclasses.replace(recipe, dipoles=tuple(dipoles), bright=tuple(bright))
