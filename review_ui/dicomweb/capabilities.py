"""What our DICOMweb offers, as WADL (PS3.18 8.9.2) or JSON: one table, which a test holds against the routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

_JSON, _DICOM, _BYTES = "application/dicom+json", "application/dicom", "application/octet-stream"
_PICTURES = ("image/jpeg", "image/png")
_FRAMES = (
    _BYTES, "image/jphc", "image/jls", "image/jp2", "image/jpx", "image/jpeg", "image/jxl", "image/dicom-rle",
)  # fmt: skip
_WADL = "http://wadl.dev.java.net/2009/02"


@dataclass(frozen=True, slots=True)
class Offer:
    """One resource: the method, its path below the service, and the media types it answers with."""

    method: str
    path: str
    types: tuple[str, ...]


_STUDY, _SERIES = "/studies/{study_uid}", "/studies/{study_uid}/series/{series_uid}"
_INSTANCE = _SERIES + "/instances/{instance_uid}"
OFFERS = (
    *(
        Offer("GET", path, (_JSON,))
        for path in ("/studies", "/series", "/instances", f"{_STUDY}/series", f"{_STUDY}/instances",
                     f"{_SERIES}/instances")
    ),
    *(Offer("GET", path, (_DICOM,)) for path in (_STUDY, _SERIES, _INSTANCE)),
    *(Offer("GET", f"{path}/metadata", (_JSON,)) for path in (_STUDY, _SERIES, _INSTANCE)),
    Offer("GET", f"{_INSTANCE}/frames/{{numbers}}", _FRAMES),
    Offer("GET", f"{_INSTANCE}/bulkdata/{{tag}}", (_BYTES,)),
    *(
        Offer("GET", f"{path}/{kind}", _PICTURES)
        for path in (_STUDY, _SERIES, _INSTANCE, f"{_INSTANCE}/frames/{{numbers}}")
        for kind in ("rendered", "thumbnail")
    ),
    Offer("POST", "/studies", (_JSON,)),
    Offer("POST", _STUDY, (_JSON,)),
)  # fmt: skip


def as_json(service: str) -> dict[str, Any]:
    """The table as plain JSON."""
    offers = [{"method": one.method, "path": one.path, "types": list(one.types)} for one in OFFERS]
    return {"base": service, "resources": offers}


def as_wadl(service: str) -> bytes:
    """The table as WADL."""
    ET.register_namespace("", _WADL)
    application = ET.Element(f"{{{_WADL}}}application")
    resources = ET.SubElement(application, f"{{{_WADL}}}resources", base=service)
    for path in dict.fromkeys(one.path for one in OFFERS):
        resource = ET.SubElement(resources, f"{{{_WADL}}}resource", path=path)
        for offer in (one for one in OFFERS if one.path == path):
            method = ET.SubElement(resource, f"{{{_WADL}}}method", name=offer.method)
            if offer.method == "POST":
                asked = ET.SubElement(method, f"{{{_WADL}}}request")
                ET.SubElement(
                    asked, f"{{{_WADL}}}representation", mediaType="multipart/related; type=application/dicom"
                )
            answer = ET.SubElement(method, f"{{{_WADL}}}response", status="200")
            for media_type in offer.types:
                ET.SubElement(answer, f"{{{_WADL}}}representation", mediaType=media_type)
    written: bytes = ET.tostring(application, encoding="utf-8", xml_declaration=True)
    return written
