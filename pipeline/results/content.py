"""Content items of a structured report (PS3.3 C.17.3), each by its relationship to the item that holds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pydicom
from pydicom.sr.coding import Code
from pydicom.valuerep import DSfloat

from pipeline.results.attributes import coded

CONTAINS: Final = "CONTAINS"
HAS_CONCEPT_MOD: Final = "HAS CONCEPT MOD"
HAS_OBS_CONTEXT: Final = "HAS OBS CONTEXT"
HAS_ACQ_CONTEXT: Final = "HAS ACQ CONTEXT"

Items = Sequence[pydicom.Dataset]


def container(name: Code, children: Iterable[pydicom.Dataset], *, template: str = "") -> pydicom.Dataset:
    """A container; ``template`` is the number of the PS3.16 template it follows, where it begins one."""
    item = _item(CONTAINS, "CONTAINER", name)
    item.ContinuityOfContent = "SEPARATE"
    if template:
        used = pydicom.Dataset()
        used.MappingResource, used.TemplateIdentifier = "DCMR", template
        item.ContentTemplateSequence = [used]
    item.ContentSequence = list(children)
    return item


def code(relationship: str, name: Code, value: Code, children: Items = ()) -> pydicom.Dataset:
    """A coded value."""
    item = _item(relationship, "CODE", name)
    item.ConceptCodeSequence = [coded(value)]
    return _with(item, children)


def text(relationship: str, name: Code, value: str) -> pydicom.Dataset:
    """Words, in the characters that every character set of DICOM has."""
    item = _item(relationship, "TEXT", name)
    item.TextValue = value.encode("ascii", "replace").decode()
    return item


def uidref(relationship: str, name: Code, value: str) -> pydicom.Dataset:
    """A UID."""
    item = _item(relationship, "UIDREF", name)
    item.UID = value
    return item


def measured(name: Code, value: float, unit: Code, children: Items = ()) -> pydicom.Dataset:
    """A number with its unit."""
    item, number = _item(CONTAINS, "NUM", name), pydicom.Dataset()
    number.NumericValue = str(DSfloat(value, auto_format=True))
    number.MeasurementUnitsCodeSequence = [coded(unit)]
    item.MeasuredValueSequence = [number]
    return _with(item, children)


def image(name: Code, reference: pydicom.Dataset) -> pydicom.Dataset:
    """An image, or a segment of one, that the report speaks of."""
    item = _item(CONTAINS, "IMAGE", name)
    item.ReferencedSOPSequence = [reference]
    return item


def outline(corners: Sequence[tuple[int, int]], reference: pydicom.Dataset) -> pydicom.Dataset:
    """A closed line ``(column, row)`` on an image, from which a number was taken (PS3.3 C.18.6.1.2)."""
    item = pydicom.Dataset()
    item.RelationshipType, item.ValueType = "INFERRED FROM", "SCOORD"
    item.GraphicType = "POLYLINE"
    item.GraphicData = [float(value) for corner in corners for value in corner]
    on = pydicom.Dataset()
    on.RelationshipType, on.ValueType = "SELECTED FROM", "IMAGE"
    on.ReferencedSOPSequence = [reference]
    item.ContentSequence = [on]
    return item


def _item(relationship: str, kind: str, name: Code) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.RelationshipType, item.ValueType = relationship, kind
    item.ConceptNameCodeSequence = [coded(name)]
    return item


def _with(item: pydicom.Dataset, children: Items) -> pydicom.Dataset:
    if children:
        item.ContentSequence = list(children)
    return item
