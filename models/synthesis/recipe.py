"""Every random choice behind one synthetic head CT, as values that go to JSON and back.

Lengths are mm, angles radians, densities HU, positions (x, y, z) in head space (LPS, MNI origin).
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from models.synthesis.fields import Noise, Triple

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Warp:
    """A smooth random displacement of a given amplitude."""

    noise: Noise
    amplitude_mm: float


@dataclass(frozen=True, slots=True)
class Pose:
    """How the head lies in the scanner, and how large it is."""

    angles_rad: Triple
    scale: Triple
    shift_mm: Triple
    warps: tuple[Warp, ...]
    brain_warp: Warp


@dataclass(frozen=True, slots=True)
class Tissue:
    """Densities of the brain and the shape of its fluid spaces."""

    csf_hu: float
    white_hu: float
    grey_step_hu: float
    texture_hu: float
    texture: Noise
    margin_mm: float
    sulcus_threshold: float
    sulcus_sharpness: float
    sulcus_noise: Noise
    ventricle_growth_mm: float
    atrophy: float
    leukoaraiosis_hu: float
    tight_width_mm: float
    tight_strength: float
    cupping_hu: float
    cupping_length_mm: float
    vertex_hu: float
    vertex_reach: float


@dataclass(frozen=True, slots=True)
class Blob:
    """An irregular ellipsoid of one density."""

    centre_mm: Triple
    radius_mm: float
    axes: Triple
    angles_rad: Triple
    roughness: float
    noise: Noise
    hu: float
    softness_mm: float


@dataclass(frozen=True, slots=True)
class Dura:
    """Normal dense structures: falx, tentorium, venous sinuses, arteries."""

    hu: float
    falx: float
    falx_width_mm: float
    falx_depth_mm: float
    tentorium: float
    tentorium_width_mm: float
    sinus_hu: float
    sinus: float
    sinus_radius_mm: float
    artery_hu: float
    dense_artery_side: int
    dense_artery_hu: float
    basilar_radius_mm: float
    cerebral_radius_mm: tuple[float, float]
    cerebral_reach_mm: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Skull:
    """Bone, scalp, sinuses, and what lies around the head."""

    bone_hu: float
    spongy_hu: float
    soft_hu: float
    fat_hu: float
    eye_hu: float
    air_hu: float
    scalp_fat: float
    scalp_noise: Noise
    minimum_bone_mm: float
    defect: Blob | None
    scalp_swelling: Blob | None
    headrest_gap_mm: float
    headrest_hu: float | None


@dataclass(frozen=True, slots=True)
class Collection:
    """Extra-axial blood: ``crescent`` (subdural) or ``lens`` (epidural)."""

    shape: str
    direction: Triple
    width_rad: float
    power: float
    thickness_mm: float
    thickness_noise: Noise
    side: int
    hu: float
    texture_hu: float
    texture: Noise
    level_mm: float | None
    level_hu: float
    push: float


@dataclass(frozen=True, slots=True)
class Haematoma:
    """Blood in the parenchyma, its oedema and its mass effect."""

    core: Blob
    texture_hu: float
    texture: Noise
    oedema_mm: float
    oedema_hu: float
    oedema: float
    push: float
    level_mm: float | None
    level_hu: float


@dataclass(frozen=True, slots=True)
class Spill:
    """Blood in ``ventricle``, ``cistern`` or ``sulci``, or a sheet of ``thickness_mm`` on ``falx`` or ``tentorium``."""

    where: str
    centre_mm: Triple
    radius_mm: float
    softness_mm: float
    noise: Noise
    side: int
    layered_mm: float | None
    bias: float
    hu: float
    texture_hu: float
    texture: Noise
    strength: float
    thickness_mm: float


@dataclass(frozen=True, slots=True)
class Mass:
    """A tumour or an abscess: a core, a denser rim, oedema around it."""

    core: Blob
    rim_mm: float
    rim_hu: float
    oedema_mm: float
    oedema_hu: float
    push: float


@dataclass(frozen=True, slots=True)
class Tube:
    """A shunt, drain or electrode: a straight dense rod between two points."""

    from_mm: Triple
    to_mm: Triple
    radius_mm: float
    hu: float


@dataclass(frozen=True, slots=True)
class HeadCTRecipe:
    """One head: everything `models.synthesis.paint.paint` needs beside the prior."""

    anatomy: int
    mirrored: bool
    pose: Pose
    tissue: Tissue
    dura: Dura
    skull: Skull
    scars: tuple[Blob, ...] = ()
    infarcts: tuple[Blob, ...] = ()
    calcifications: tuple[Blob, ...] = ()
    masses: tuple[Mass, ...] = ()
    tubes: tuple[Tube, ...] = ()
    metal: tuple[Blob, ...] = ()
    trapped_air: tuple[Blob, ...] = ()
    collections: tuple[Collection, ...] = ()
    haematomas: tuple[Haematoma, ...] = ()
    spills: tuple[Spill, ...] = ()

    @property
    def bleeds(self) -> bool:
        """Whether any haemorrhage was drawn."""
        return bool(self.collections or self.haematomas or self.spills)


def to_json(recipe: Any) -> str:
    """The recipe as one line of JSON; floats keep every bit."""
    return json.dumps(dataclasses.asdict(recipe), separators=(",", ":"))


def from_json(kind: type[T], text: str) -> T:
    """The recipe of a dataclass type back from `to_json`."""
    return cast("T", _thaw(kind, json.loads(text)))


def _thaw(kind: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        return cast("Any", kind)(**{name: _thaw(hints[name], item) for name, item in value.items()})
    if get_origin(kind) is tuple and isinstance(value, list):
        arguments = get_args(kind)
        kinds = [arguments[0]] * len(value) if Ellipsis in arguments else list(arguments)
        return tuple(_thaw(k, item) for k, item in zip(kinds, value, strict=True))
    for option in get_args(kind):
        if dataclasses.is_dataclass(option) and isinstance(value, dict):
            return _thaw(option, value)
    return value
