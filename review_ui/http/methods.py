"""Which methods an address of the API takes: a wrong one is answered 405 and told the right ones (RFC 9110 15.5.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import FastAPI


@dataclass(frozen=True, slots=True)
class Methods:
    """The methods of every address pattern."""

    known: tuple[tuple[re.Pattern[str], frozenset[str]], ...]

    def of(self, path: str) -> list[str]:
        """What can be done at an address; nothing where there is none, and a name of ours is no id of anything."""
        fitting = [(pattern.pattern.count("+"), methods) for pattern, methods in self.known if pattern.fullmatch(path)]
        fewest = min((names for names, _ in fitting), default=0)
        return sorted({one for names, methods in fitting if names == fewest for one in methods})


def methods(app: FastAPI) -> Methods:
    """Of this application, from its own description; found once."""
    known: Methods | None = getattr(app.state, "methods", None)
    if known is None:
        paths = app.openapi()["paths"].items()
        known = app.state.methods = Methods(
            tuple((_pattern(path), frozenset(map(str.upper, operations))) for path, operations in paths)
        )
    return known


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", path)
    return re.compile("[^/]+".join(map(re.escape, parts)))
