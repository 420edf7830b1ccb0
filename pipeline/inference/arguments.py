"""What the inference child is started with; imports nothing heavy, as the child reads it before it is confined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ALSO = "--also="


@dataclass(frozen=True, slots=True)
class Arguments:
    """The device, the folders of bundles (none: our own), and bundles that run only where they are named."""

    device: str
    folders: tuple[Path, ...] = ()
    also: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """As words of a command line."""
        return [self.device, *(f"{_ALSO}{one}" for one in self.also), *map(str, self.folders)]


def arguments_of(words: Sequence[str]) -> Arguments:
    """The arguments behind the words of a command line."""
    device, *others = words
    also = tuple(one.removeprefix(_ALSO) for one in others if one.startswith(_ALSO))
    return Arguments(device, tuple(Path(one) for one in others if not one.startswith(_ALSO)), also)
