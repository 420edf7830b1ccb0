"""Draw an infarct of the first hours on CT: grey matter fallen to the density of white, in an artery's territory."""

from __future__ import annotations

import dataclasses

from numpy.random import Generator

from models.synthesis.draw_shape import Draw, blob
from models.synthesis.fields import Triple
from models.synthesis.recipe import Blob, HeadCTRecipe

TERRITORIES_MM: dict[str, tuple[Triple, ...]] = {
    "deep middle cerebral": ((26, 2, 4), (34, 4, 2), (24, 10, 18)),
    "superior middle cerebral": ((46, -8, 26), (40, 8, 40), (48, -20, 14)),
    "inferior middle cerebral": ((52, 22, 4), (48, 30, 24), (46, 4, -18)),
    "anterior cerebral": ((10, -36, 30), (10, -18, 48)),
    "posterior cerebral": ((18, 76, 4), (14, 62, -2)),
    "cerebellar": ((26, 58, -36), (18, 66, -28)),
}
"""Middles of what an artery feeds, (|x|, y, z) in head space."""

OFTEN = {
    "deep middle cerebral": 0.3,
    "superior middle cerebral": 0.25,
    "inferior middle cerebral": 0.25,
    "anterior cerebral": 0.06,
    "posterior cerebral": 0.09,
    "cerebellar": 0.05,
}


def with_early_infarct(recipe: HeadCTRecipe, rng: Generator, share: float) -> HeadCTRecipe:
    """The head with its infarct, where it has one, made an early one in so large a share of heads.

    Grey matter loses most: what is denser than white matter falls to about its density (cytotoxic oedema takes
    up water, 1 HU for each % of it: Dzialowski 2004), so that the border between the two goes.
    """
    d = Draw(rng)
    if not recipe.infarcts or not d.chance(share):
        return recipe
    return dataclasses.replace(recipe, infarcts=(_early(d, recipe.tissue.white_hu),))


def _early(d: Draw, white_hu: float) -> Blob:
    name = d.choice(list(OFTEN), list(OFTEN.values()))
    places = TERRITORIES_MM[name]
    x, y, z = places[int(d.rng.integers(len(places)))]
    centre = (d.sign() * x + d.normal(5), y + d.normal(7), z + d.normal(7))
    hu = white_hu + d.between(-6.0, 2.5)
    return blob(d, centre, d.log_between(8, 40), hu=hu, softness_mm=d.between(1.5, 5))
