"""The answer of STOW-RS: the Store Instances Response Module as DICOM JSON (PS3.18 table 10.5.3-1, annex I)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dicom_node.stow.store import OUT_OF_RESOURCES, Said


def status_of(said: Sequence[Said]) -> int:
    """200 all stored, 202 some, 409 none, 503 none because there is no room: that may be tried again."""
    failed = [one for one in said if one.reason]
    if not failed:
        return 200
    if len(failed) < len(said):
        return 202
    return 503 if all(one.reason == OUT_OF_RESOURCES for one in failed) else 409


def response_module(said: Sequence[Said], service: str) -> dict[str, Any]:
    """Which objects were stored and which were not; ``service`` is the address from which they are fetched."""
    stored = [one for one in said if not one.reason]
    failed = [one for one in said if one.reason]
    module: dict[str, Any] = {}
    studies = {one.StudyInstanceUID for one in stored}
    if len(studies) == 1:
        module["00081190"] = _value("UR", f"{service}/studies/{studies.pop()}")
    if failed:
        module["00081198"] = _value("SQ", *(_reference(one) | _reason(one) for one in failed))
    if stored:
        module["00081199"] = _value("SQ", *(_reference(one) | _place(one, service) for one in stored))
    return module


def _reference(one: Said) -> dict[str, Any]:
    return {"00081150": _value("UI", one.SOPClassUID), "00081155": _value("UI", one.SOPInstanceUID)}


def _reason(one: Said) -> dict[str, Any]:
    return {"00081197": _value("US", one.reason)}


def _place(one: Said, service: str) -> dict[str, Any]:
    series = f"{service}/studies/{one.StudyInstanceUID}/series/{one.SeriesInstanceUID}"
    return {"00081190": _value("UR", f"{series}/instances/{one.SOPInstanceUID}")}


def _value(vr: str, *values: Any) -> dict[str, Any]:
    return {"vr": vr, "Value": list(values)} if values != ("",) else {"vr": vr}
