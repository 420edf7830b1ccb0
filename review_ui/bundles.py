"""What the installed bundles say of themselves, shown beside every result of theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BundleText:
    """A bundle's title and the limits it declares, in words for a reader."""

    title: str
    limits: str


@dataclass(frozen=True, slots=True)
class BundleTexts:
    """The texts of every bundle installed here, by the bundle's id."""

    known: Mapping[str, BundleText] = field(default_factory=dict)

    def of(self, bundle: str) -> BundleText:
        """The text of one bundle; one that is not installed any more goes by its id."""
        return self.known.get(bundle, BundleText(bundle, ""))


def read_bundle_texts(folders: Iterable[Path]) -> BundleTexts:
    """Read ``configs/metadata.json`` of every bundle below these folders; what cannot be read is left out."""
    found = {}
    for folder in folders:
        for metadata in sorted(folder.glob("*/configs/metadata.json")):
            try:
                declared = json.loads(metadata.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(declared, dict):
                found[metadata.parents[1].name] = _text(metadata.parents[1].name, declared)
    return BundleTexts(found)


def _text(bundle: str, declared: Mapping[str, object]) -> BundleText:
    """MONAI's ``description`` is the title; the limits are in the part of the metadata that is ours."""
    ours = declared.get("neurovigie")
    limits = ours.get("limits") if isinstance(ours, dict) else None
    return BundleText(str(declared.get("description") or bundle), str(limits or declared.get("intended_use") or ""))
