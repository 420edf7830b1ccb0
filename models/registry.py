"""Which model bundles are installed, read from their metadata alone: no torch, no configuration run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.domain.errors import BundleError
from pipeline.domain.finding import FindingKind, HaemorrhageSite
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import VoxelUnit

BUNDLES = Path(__file__).parent / "bundles"
"""The bundles that come with NeuroVigie."""

WEIGHTS = "models/model.safetensors"

UNTRAINED = "untrained"
"""Stands for the hash of weights that do not exist yet: a plan to train from, not an installed bundle."""


@dataclass(frozen=True, slots=True)
class DeclaredInputs:
    """What a bundle says it can read; ranges are (lowest, highest)."""

    modality: str
    unit: VoxelUnit
    values: tuple[float, float]
    slice_thickness_mm: tuple[float, float]
    pixel_mm: tuple[float, float]
    body_part: str


@dataclass(frozen=True, slots=True)
class BundleInfo:
    """One installed bundle. ``sha256`` is of its weights; a rule has none.

    ``companions`` are the roles it can read beside ``role``; of each group in ``needs_one_of`` at least
    one must be given. ``sites`` are what its network tells apart, in the order of its channels. Unless
    ``by_itself`` a worker runs it only where an administrator names it.
    """

    id: str
    version: str
    title: str
    role: SeriesRole
    kinds: tuple[FindingKind, ...]
    inputs: DeclaredInputs
    limits: str
    baseline: bool
    for_triage: bool
    folder: Path
    sha256: str | None
    companions: tuple[SeriesRole, ...] = ()
    needs_one_of: tuple[tuple[SeriesRole, ...], ...] = ()
    sites: tuple[HaemorrhageSite, ...] = ()
    by_itself: bool = True

    def lacks(self, given: Iterable[SeriesRole]) -> tuple[SeriesRole, ...]:
        """The first group of companions of which none was given, or nothing."""
        there = set(given)
        return next((group for group in self.needs_one_of if not there.intersection(group)), ())


class _Inputs(BaseModel):
    model_config = ConfigDict(extra="forbid")
    modality: str
    unit: VoxelUnit
    values: tuple[float, float]
    slice_thickness_mm: tuple[float, float]
    pixel_mm: tuple[float, float]
    body_part: str


class _Ours(BaseModel):
    model_config = ConfigDict(extra="forbid")
    role: SeriesRole
    kinds: tuple[FindingKind, ...] = Field(min_length=1)
    inputs: _Inputs
    limits: str = Field(min_length=1)
    baseline: bool
    for_triage: bool = True
    sha256: str | None = Field(default=None, pattern=f"^([0-9a-f]{{64}}|{UNTRAINED})$")
    companions: tuple[SeriesRole, ...] = ()
    needs_one_of: tuple[tuple[SeriesRole, ...], ...] = ()
    sites: tuple[HaemorrhageSite, ...] = ()
    by_itself: bool = True

    @model_validator(mode="after")
    def _needs_are_companions(self) -> Self:
        unknown = {role for group in self.needs_one_of for role in group} - set(self.companions)
        if unknown:
            raise ValueError(f"needs_one_of names {', '.join(sorted(unknown))}, which is no companion")
        return self


class _Metadata(BaseModel):
    """What we read of a MONAI bundle's metadata.json; the rest is MONAI's and the reader's."""

    name: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,63}$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    description: str = Field(min_length=1)
    neurovigie: _Ours


def installed(folder: Path = BUNDLES) -> tuple[BundleInfo, ...]:
    """Every bundle of a folder that is trained or a rule, models before baselines, then by name.

    Raises `BundleError` naming the first one that is broken.
    """
    found = [read(child) for child in sorted(folder.iterdir()) if (child / "configs").is_dir()]
    return tuple(sorted((one for one in found if one.sha256 != UNTRAINED), key=lambda one: (one.baseline, one.id)))


def find(bundle_id: str, folder: Path = BUNDLES) -> BundleInfo:
    """The bundle of that id; raises `BundleError` that lists the known ones."""
    known = installed(folder)
    for bundle in known:
        if bundle.id == bundle_id:
            return bundle
    if (folder / bundle_id / "configs").is_dir() and read(folder / bundle_id).sha256 == UNTRAINED:
        raise BundleError(f"The bundle {bundle_id} has not been trained yet: `neurovigie models train {bundle_id}`.")
    names = ", ".join(bundle.id for bundle in known) or "none"
    raise BundleError(f"There is no bundle {bundle_id!r}; installed: {names}.")


def for_role(role: SeriesRole, folder: Path = BUNDLES) -> BundleInfo | None:
    """The bundle that reads series of a role for triage, or nothing; a model comes before a rule."""
    return next((bundle for bundle in installed(folder) if bundle.role is role and bundle.for_triage), None)


def read(folder: Path) -> BundleInfo:
    """One bundle from its folder; raises `BundleError` when it is incomplete or not what its hash says."""
    file = folder / "configs" / "metadata.json"
    try:
        metadata = _Metadata.model_validate_json(file.read_bytes())
    except OSError as error:
        raise BundleError(f"The bundle in {folder.name} has no readable configs/metadata.json.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BundleError(f"The metadata of bundle {folder.name} is wrong at {where}: {first['msg']}.") from error
    if not (folder / "configs" / "inference.json").is_file():
        raise BundleError(f"The bundle {metadata.name} has no configs/inference.json.")
    _check_weights(folder, metadata)
    return _info(folder, metadata)


def _check_weights(folder: Path, metadata: _Metadata) -> None:
    expected, file = metadata.neurovigie.sha256, folder / WEIGHTS
    if expected in (None, UNTRAINED):
        return
    if not file.is_file():
        raise BundleError(f"The bundle {metadata.name} has no {WEIGHTS}; install it again.")
    if hashlib.sha256(file.read_bytes()).hexdigest() != expected:
        raise BundleError(f"The weights of bundle {metadata.name} are not what its metadata says; install it again.")


def _info(folder: Path, metadata: _Metadata) -> BundleInfo:
    ours = metadata.neurovigie
    return BundleInfo(
        id=metadata.name,
        version=metadata.version,
        title=metadata.description,
        role=ours.role,
        kinds=ours.kinds,
        inputs=DeclaredInputs(**ours.inputs.model_dump()),
        limits=ours.limits,
        baseline=ours.baseline,
        for_triage=ours.for_triage,
        folder=folder,
        sha256=ours.sha256,
        companions=ours.companions,
        needs_one_of=ours.needs_one_of,
        sites=ours.sites,
        by_itself=ours.by_itself,
    )
