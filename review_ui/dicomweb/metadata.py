"""An instance's header in the DICOM JSON model (PS3.18 annex F), pixels and other bulk data left out."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import BaseTag

from pipeline.domain.errors import BadInput
from review_ui.dicomweb.part10 import BROKEN, OpenInstance, open_instance
from review_ui.dicomweb.plain_values import plain_json

BULK_ABOVE = 1024
"""Binary values longer than this many bytes are fetched apart; shorter ones are in the JSON as base64."""

_BINARY_VR = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_UTF_8 = {"vr": "CS", "Value": ["ISO_IR 192"]}
_PIXEL_DATA = "7FE00010"
_AVAILABLE_TRANSFER_SYNTAX_UID = "00083002"
_SPECIFIC_CHARACTER_SET = "00080005"
_RETRIEVE_URL = "00081190"


class NoSuchBulkData(BadInput):
    """The image has no such value."""


def instance_json(path: Path, address: str) -> str:
    """The JSON object of one instance, as text, all but what depends on the moment (see `with_moment`).

    ``address`` is the instance's own, from which bulk data are fetched. Raises `UnreadableInstance`.
    """
    with open_instance(path) as instance:
        return _as_text(_object(instance, address))


def with_moment(instance_text: str, transfer_syntax: str) -> str:
    """Add in which transfer syntax the frames can be had now (it changes when the derivatives are made)."""
    available = {_AVAILABLE_TRANSFER_SYNTAX_UID: {"vr": "UI", "Value": [transfer_syntax]}}
    return json.dumps(available, separators=(",", ":"))[:-1] + "," + instance_text[1:]


def bulk_value(path: Path, tag: str) -> bytes:
    """The bytes of one top-level binary value, little endian; raises `NoSuchBulkData`, `UnreadableInstance`."""
    with open_instance(path) as instance:
        wanted = _tag(tag)
        value = instance.header[wanted].value if wanted in instance.header else None
        if not isinstance(value, bytes):
            raise NoSuchBulkData
        return value


def _tag(text: str) -> BaseTag:
    try:
        return BaseTag(int(text, 16) if len(text) == 8 else -1)
    except (ValueError, OverflowError):
        raise NoSuchBulkData from None


def _object(instance: OpenInstance, address: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag in sorted(instance.header.keys()):
        described = _element(instance.header, tag, address)
        if described is not None:
            found[f"{tag:08X}"] = described
    found[_SPECIFIC_CHARACTER_SET] = _UTF_8
    found[_RETRIEVE_URL] = {"vr": "UR", "Value": [address]}
    if instance.pixels is not None:
        found[_PIXEL_DATA] = {"vr": "OW", "BulkDataURI": f"{address}/frames/1"}
    return found


def _element(header: pydicom.Dataset, tag: BaseTag, address: str) -> dict[str, Any] | None:
    """One element; one that cannot be read is left out rather than the image with it."""
    try:
        raw: Any = header.get_item(tag)
        if isinstance(raw, RawDataElement) and (plain := plain_json(raw)) is not None:
            return plain
        element = header[tag]
        if element.VR in _BINARY_VR:
            return _binary(element, f"{address}/bulkdata/{tag:08X}")
        described: dict[str, Any] = element.to_json_dict(None, 0)
    except BROKEN:
        return None
    return described


def _binary(element: DataElement, uri: str) -> dict[str, Any]:
    value = element.value or b""
    if not isinstance(value, bytes):
        raise TypeError
    if len(value) > BULK_ABOVE:
        return {"vr": element.VR, "BulkDataURI": uri}
    inline = base64.b64encode(value).decode("ascii")
    return {"vr": element.VR, "InlineBinary": inline} if value else {"vr": element.VR}


def _as_text(described: dict[str, Any]) -> str:
    try:
        return json.dumps(described, separators=(",", ":"), allow_nan=False)
    except ValueError:  # JSON has no word for "not a number"; an empty value says as much
        return json.dumps(_finite(described), separators=(",", ":"), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
