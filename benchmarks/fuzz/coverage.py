"""Which lines of our readers an input reached: what reaches new ones is worth changing further."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import dicom_node

_OURS = str(Path(dicom_node.__file__).parent)


class Coverage:
    """Steps from line to line that were seen, as pairs within a function."""

    def __init__(self) -> None:
        self._seen: set[tuple[CodeType, int, int]] = set()

    def __len__(self) -> int:
        return len(self._seen)

    def reaches_new(self, work: Callable[[], object]) -> bool:
        """Do it and say whether it went a way that nothing went before."""
        before = len(self._seen)
        sys.settrace(self._call)
        try:
            work()
        finally:
            sys.settrace(None)
        return len(self._seen) > before

    def _call(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        if event != "call" or not frame.f_code.co_filename.startswith(_OURS):
            return None
        code, last = frame.f_code, 0

        def line(inner: FrameType, what: str, _: Any) -> Callable[..., Any]:
            nonlocal last
            if what == "line":
                self._seen.add((code, last, inner.f_lineno))
                last = inner.f_lineno
            return line

        return line
