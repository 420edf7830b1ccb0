"""Every random choice behind one synthetic diffusion MR head, as values that go to JSON and back.

Lengths are mm, angles radians, times ms, diffusivities 1e-3 mm2/s, positions (x, y, z) in head space
(LPS, MNI origin). `models.synthesis.recipe.to_json` and ``from_json`` carry these classes too.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.synthesis.fields import Noise, Triple
from models.synthesis.recipe import Pose


@dataclass(frozen=True, slots=True)
class Tissue:
    """Relaxation and diffusion of the brain, and the shape of its fluid spaces."""

    echo_ms: float
    grey_t2_ms: float
    white_t2_ms: float
    fluid_t2_ms: float
    white_density: float
    grey_adc: float
    white_adc: float
    fluid_adc: float
    cerebellum_t2: float
    texture: Noise
    texture_t2: float
    texture_adc: float
    margin_mm: float
    sulcus_threshold: float
    sulcus_sharpness: float
    sulcus_noise: Noise
    ventricle_growth_mm: float
    atrophy: float
    leukoaraiosis: float
    leukoaraiosis_noise: Noise


@dataclass(frozen=True, slots=True)
class Shape:
    """An irregular ellipsoid; ``softness_mm`` is the width of its edge."""

    centre_mm: Triple
    radius_mm: float
    axes: Triple
    angles_rad: Triple
    roughness: float
    noise_seed: int
    softness_mm: float


@dataclass(frozen=True, slots=True)
class Patch:
    """A place where tissue differs from normal, and is no infarct.

    T2 is multiplied by ``t2_ratio``; ADC goes to ``adc`` where given, else is multiplied by
    ``adc_ratio``; ``signal`` scales all of it (susceptibility). A ``solid`` patch fills fluid too and
    pushes the brain aside by ``push`` of its radius; ``white_only`` spares the cortex.
    """

    shape: Shape
    t2_ratio: float = 1.0
    adc_ratio: float = 1.0
    adc: float | None = None
    signal: float = 1.0
    solid: bool = False
    white_only: bool = False
    push: float = 0.0


@dataclass(frozen=True, slots=True)
class MaskUse:
    """A real infarct's mask in MNI space: mirrored, and scaled about one of its own voxels (``anchor``, 0..1)."""

    name: str
    mirrored: bool
    anchor: float
    scale: float


@dataclass(frozen=True, slots=True)
class Infarct:
    """One acute infarct: a `Shape` or a real mask, and what ``age_hours`` made of its tissue."""

    age_hours: float
    t2_ratio: float
    adc_ratio: float
    mottle: float
    mottle_noise: Noise
    white_share: float
    grey_share: float
    shape: Shape | None = None
    mask: MaskUse | None = None
    side: int = 0
    above_tentorium: bool = False
    bled: float = 0.0


@dataclass(frozen=True, slots=True)
class Dipole:
    """Air beside brain: shifts echo-planar signal along the phase direction and takes some away."""

    centre_mm: Triple
    radius_mm: float
    shift_mm: float
    loss: float


@dataclass(frozen=True, slots=True)
class Outside:
    """What is seen outside the inner table; fat is mostly suppressed."""

    soft: float
    soft_adc: float
    fat: float
    fat_adc: float
    eye: float
    marrow: float
    vein: float
    mottle: float
    noise: Noise


@dataclass(frozen=True, slots=True)
class HeadMRRecipe:
    """One head: everything `models.synthesis.mr.paint.paint` needs beside prior and masks."""

    anatomy: int
    mirrored: bool
    pose: Pose
    tissue: Tissue
    outside: Outside
    field_noise: Noise
    field_mm: float
    dipoles: tuple[Dipole, ...] = ()
    bright: tuple[Patch, ...] = ()
    lookalikes: tuple[Patch, ...] = ()
    infarcts: tuple[Infarct, ...] = ()
