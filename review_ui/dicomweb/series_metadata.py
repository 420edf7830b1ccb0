"""The metadata of a whole series: one JSON text, made once per image and kept for a while."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.domain.errors import UnreadableInstance
from review_ui.dicomweb.cache import BoundedCache
from review_ui.dicomweb.find import Addressed, StoredInstance
from review_ui.dicomweb.frames import derivative
from review_ui.dicomweb.metadata import instance_json, with_moment
from review_ui.dicomweb.transfer_syntaxes import HTJ2KLosslessRPCL, as_sent


@dataclass(frozen=True, slots=True)
class Described:
    """The metadata's JSON, and how many of the images could not be read and are missing in it."""

    body: bytes
    unreadable: int


class MetadataReader:
    """Describes images of the vault; their texts are kept within ``most_bytes``."""

    def __init__(self, vault_root: Path, derived_root: Path, most_bytes: int = 12 * 1024 * 1024) -> None:
        self._vault_root = vault_root
        self._derived_root = derived_root
        self._texts = BoundedCache(most_bytes)

    def transfer_syntax(self, image: StoredInstance) -> str:
        """In which transfer syntax the frames of an image can be had now."""
        made = derivative(self._derived_root, image.sha256, 1).is_file()
        return HTJ2KLosslessRPCL if made else as_sent(image.transfer_syntax)

    def etag(self, images: Sequence[StoredInstance]) -> str:
        """What changes when an image comes, is corrected, or gets its derivatives."""
        told = hashlib.sha256()
        for image in images:
            told.update(f"{image.sha256} {self.transfer_syntax(image)}\n".encode())
        return f'"{told.hexdigest()[:32]}"'

    def describe(self, study_at: Addressed, images: Sequence[StoredInstance]) -> Described:
        """The metadata of these images. Raises `UnreadableInstance` when not one of them can be read."""
        texts = list(self._readable(study_at, images))
        if images and not texts:
            raise UnreadableInstance("No image of this series can be read.")
        return Described(f"[{','.join(texts)}]".encode(), len(images) - len(texts))

    def of_one(self, study_at: Addressed, image: StoredInstance) -> dict[str, Any]:
        """The metadata of one image. Raises `UnreadableInstance`."""
        found: dict[str, Any] = json.loads(self._text(study_at, image))
        return found

    def _readable(self, study_at: Addressed, images: Sequence[StoredInstance]) -> Iterator[str]:
        for image in images:
            try:
                yield with_moment(self._text(study_at, image), self.transfer_syntax(image))
            except UnreadableInstance:
                continue

    def _text(self, study_at: Addressed, image: StoredInstance) -> str:
        address = f"{study_at.path}/series/{image.SeriesInstanceUID}/instances/{image.SOPInstanceUID}"
        path = self._vault_root / image.path
        return self._texts.get((address, image.sha256), lambda: instance_json(path, address).encode()).decode()
