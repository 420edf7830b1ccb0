"""Draw a whole head: all chance is spent here, so that painting is deterministic."""

from __future__ import annotations

from numpy.random import Generator

from models.synthesis.draw_blood import SPILLS, collection, contusions, crescents, haematoma, spill
from models.synthesis.draw_lookalikes import calcifications, masses, metal, scars, trapped_air, tubes
from models.synthesis.draw_shape import Draw, Odds, blob
from models.synthesis.pose import draw_pose
from models.synthesis.recipe import Blob, Collection, Dura, Haematoma, HeadCTRecipe, Skull, Tissue

TURN_SD_DEGREES = (9, 5, 12)
"""How far heads lie turned about x, y and z."""

__all__ = ["Odds", "draw"]


def draw(rng: Generator, anatomies: int, odds: Odds | None = None) -> HeadCTRecipe:
    """One head among ``anatomies``; ``odds`` says how often what is seen."""
    odds = odds or Odds()
    d = Draw(rng)
    bleeds = d.chance(odds.haemorrhage)
    kinds = _kinds(d, odds) if bleeds else []
    return HeadCTRecipe(
        anatomy=int(rng.integers(anatomies)),
        mirrored=d.chance(0.5),
        pose=draw_pose(d, TURN_SD_DEGREES),
        tissue=_tissue(d),
        dura=_dura(d),
        skull=_skull(d, after_surgery=0.12 if bleeds else 0.04),
        scars=scars(d),
        infarcts=_infarcts(d, odds.infarct),
        calcifications=calcifications(d),
        masses=masses(d, odds.mass),
        tubes=tubes(d),
        metal=metal(d),
        trapped_air=trapped_air(d),
        collections=_collections(d, kinds),
        haematomas=_haematomas(d, kinds),
        spills=tuple(spill(d, kind) for kind in kinds if kind in SPILLS),
    )


def _collections(d: Draw, kinds: list[str]) -> tuple[Collection, ...]:
    lenses = tuple(collection(d, "lens") for kind in kinds if kind == "lens")
    return lenses + tuple(one for kind in kinds if kind == "crescent" for one in crescents(d))


def _haematomas(d: Draw, kinds: list[str]) -> tuple[Haematoma, ...]:
    single = tuple(haematoma(d) for kind in kinds if kind == "haematoma")
    return single + tuple(one for kind in kinds if kind == "contusions" for one in contusions(d))


def _kinds(d: Draw, odds: Odds) -> list[str]:
    names = list(odds.kinds)
    weights = [odds.kinds[name] for name in names]
    first = d.choice(names, weights)
    kinds = [first]
    if d.chance(0.35):
        kinds.append(d.choice(names, weights))
    if first == "haematoma":
        kinds += ["ventricle"] * d.chance(0.3) + ["haematoma"] * d.chance(0.2)
    if first in ("crescent", "lens", "sulci"):
        kinds += ["contusions"] * d.chance(0.15) + ["sulci"] * d.chance(0.3)
    if first == "cistern":
        kinds += ["sulci"] * d.chance(0.4) + ["ventricle"] * d.chance(0.25)
    return kinds


def _tissue(d: Draw) -> Tissue:
    strong_cupping = d.chance(0.4)
    return Tissue(
        csf_hu=d.between(0, 15),
        white_hu=d.between(20, 34),
        grey_step_hu=d.between(3, 12),
        texture_hu=d.between(0, 1.8),
        texture=d.noise(14),
        margin_mm=d.between(-0.5, 3.0),
        sulcus_threshold=d.between(0.2, 0.45) if d.chance(0.5) else d.between(0.45, 0.75),
        sulcus_sharpness=d.between(6, 14),
        sulcus_noise=d.noise(9),
        ventricle_growth_mm=d.between(-1.0, 2.0) if d.chance(0.5) else d.between(1.5, 8.0),
        atrophy=d.between(0, 0.08) if d.chance(0.5) else 0.0,
        leukoaraiosis_hu=d.between(3, 12) if d.chance(0.4) else 0.0,
        tight_width_mm=d.between(1.5, 8.0) if d.chance(0.7) else 0.0,
        tight_strength=d.between(0.6, 1.0),
        cupping_hu=d.between(4, 22) if strong_cupping else d.between(-1, 9),
        cupping_length_mm=d.between(1.5, 6) if strong_cupping else d.between(4, 14),
        vertex_hu=d.between(0, 26),
        vertex_reach=d.between(0, 1.5),
    )


def _dura(d: Draw) -> Dura:
    dense = d.chance(0.15)
    return Dura(
        hu=d.between(55, 68) if dense else d.between(42, 62),
        falx=d.between(0.3, 1.0),
        falx_width_mm=d.between(0.7, 1.6),
        falx_depth_mm=d.between(18, 45),
        tentorium=d.between(0.2, 1.0),
        tentorium_width_mm=d.between(0.8, 1.8),
        sinus_hu=d.between(42, 75),
        sinus=d.between(0.4, 1.0),
        sinus_radius_mm=d.between(2.5, 5.5),
        artery_hu=d.between(40, 64),
        dense_artery_side=d.sign() if d.chance(0.12) else 0,
        dense_artery_hu=d.between(55, 85),
        basilar_radius_mm=d.between(1.2, 2.4),
        cerebral_radius_mm=(d.between(0.8, 2.0), d.between(0.8, 2.0)),
        cerebral_reach_mm=(d.between(8, 38), d.between(8, 38)),
    )


def _skull(d: Draw, after_surgery: float) -> Skull:
    side = d.sign()
    hole = (side * 70.0, d.between(-40, 50), d.between(5, 60))
    swelling = (d.sign() * d.between(30, 75), d.between(-80, 90), d.between(0, 60))
    return Skull(
        bone_hu=d.between(900, 1700),
        spongy_hu=d.between(250, 700),
        soft_hu=d.between(30, 76),
        fat_hu=d.between(-110, -70),
        eye_hu=d.between(4, 20),
        air_hu=d.between(-1000, -920),
        scalp_fat=d.between(-1.0, 1.0),
        scalp_noise=d.noise(12),
        minimum_bone_mm=d.between(2.0, 5.0),
        defect=blob(d, hole, d.between(5, 35), hu=d.between(25, 50)) if d.chance(after_surgery) else None,
        scalp_swelling=blob(d, swelling, d.between(10, 35), hu=d.between(45, 78)) if d.chance(0.2) else None,
        headrest_gap_mm=d.between(8, 25),
        headrest_hu=d.between(-700, 300) if d.chance(0.6) else None,
    )


def _infarcts(d: Draw, odds: float) -> tuple[Blob, ...]:
    if not d.chance(odds):
        return ()
    side = d.sign()
    centre = (side * d.between(18, 58), d.between(-40, 80), d.between(-10, 45))
    return (blob(d, centre, d.log_between(8, 42), hu=d.between(15, 28), softness_mm=d.between(1, 3)),)
