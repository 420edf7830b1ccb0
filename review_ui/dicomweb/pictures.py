"""What a request for a rendered picture asks (PS3.18 8.3.5 and 10.4.1.1.3), and its answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from review_ui.dicomweb import accept
from review_ui.http.problems import Problem

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
_MOST_SIDE = 4096
THUMBNAIL = (256, 256)


@dataclass(frozen=True, slots=True)
class Picture:
    """How a picture is wanted; ``remark`` says what of it is not done."""

    media_type: str
    quality: int
    window: tuple[float, float] | None
    most: tuple[int, int] | None
    remark: str = ""

    @property
    def format(self) -> str:
        """The format's name in Pillow."""
        return _FORMATS[self.media_type]


def read_picture(parameters: Mapping[str, str], accepted: str, *, thumbnail: bool = False) -> Picture:
    """Read the parameters of a picture. Raises `Problem` 400 and 406."""
    media_type = accept.picture_type(accept.parse(parameters.get("accept") or accepted))
    if media_type is None:
        raise Problem(406, "not_acceptable", "Pictures are sent as image/jpeg or image/png.")
    most = _viewport(parameters.get("viewport", "")) or (THUMBNAIL if thumbnail else None)
    remark = "annotations are not drawn" if parameters.get("annotation") else ""
    return Picture(media_type, _quality(parameters), _window(parameters.get("window", "")), most, remark)


def _quality(parameters: Mapping[str, str]) -> int:
    text = parameters.get("quality", "85")
    if not text.isdecimal() or not 1 <= int(text[:4]) <= 100:
        raise Problem(400, "bad_request", "quality is a number from 1 to 100.")
    return int(text)


def _window(text: str) -> tuple[float, float] | None:
    """Centre, width and function; only the linear function is drawn."""
    if not text:
        return None
    parts = text.split(",")
    try:
        centre, width = float(parts[0]), float(parts[1])
    except (ValueError, IndexError):
        raise Problem(400, "bad_request", "window is centre,width,linear.") from None
    if len(parts) > 3 or (len(parts) == 3 and parts[2].lower() != "linear") or not math.isfinite(centre):
        raise Problem(400, "bad_request", "window is centre,width,linear.")
    if not (math.isfinite(width) and width >= 1):
        raise Problem(400, "bad_request", "The width of a window is 1 or more.")
    return centre, width


def _viewport(text: str) -> tuple[int, int] | None:
    """Columns and rows; a part of the picture is not cut out."""
    if not text:
        return None
    parts = text.split(",")
    if len(parts) != 2 or not all(part.isdecimal() and 0 < int(part[:6]) <= _MOST_SIDE for part in parts):
        raise Problem(400, "bad_request", f"viewport is columns,rows, each at most {_MOST_SIDE}.")
    return int(parts[0]), int(parts[1])
