"""A moment as a browser sends it: ISO 8601 with its offset, and no number that could be meant as seconds."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator

_DATE_AND_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")


def _written(said: Any) -> Any:
    if isinstance(said, datetime) or (isinstance(said, str) and _DATE_AND_TIME.match(said)):
        return said
    raise ValueError("a moment is written as 2026-11-22T03:00:00Z")


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
"""With its offset from UTC; as `pydantic.AwareDatetime`, which takes numbers too."""
