"""The matching of PS3.4 C.2.2.2 as conditions on columns."""

from __future__ import annotations

from enum import Enum, auto

from sqlalchemy import ColumnElement, Text, and_, cast, or_

Column = ColumnElement[str]
_TO_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\", "*": "%", "?": "_"})


class Kind(Enum):
    """How the values of a key are matched."""

    UID = auto()
    TEXT = auto()
    NAME = auto()
    RANGE = auto()
    NUMBER = auto()


def matches(column: Column, value: str, kind: Kind) -> ColumnElement[bool]:
    """The condition that ``column`` matches a key's value, which is not empty."""
    match kind:
        case Kind.UID:
            return column.in_([one for one in value.split("\\") if one])
        case Kind.NAME:
            return _name(column, value)
        case Kind.RANGE:
            return _range(column, value)
        case Kind.NUMBER:
            return cast(column, Text) == value
        case Kind.TEXT:
            return or_(*(_text(column, one) for one in value.split("\\")))


def _text(column: Column, value: str) -> ColumnElement[bool]:
    if "*" in value or "?" in value:
        return column.like(value.translate(_TO_LIKE))
    return column == value


def _name(column: Column, value: str) -> ColumnElement[bool]:
    """Any component group may match, whatever the case (PS3.4 C.2.2.2.1)."""
    wanted = value.rstrip("^").translate(_TO_LIKE)
    shapes = (wanted, f"{wanted}=%", f"%={wanted}", f"%={wanted}=%")
    exact = or_(*(column.ilike(shape) for shape in shapes))
    return or_(exact, *(column.ilike(f"{shape}^%") for shape in (wanted, f"%={wanted}")))


def _range(column: Column, value: str) -> ColumnElement[bool]:
    """Dates and times compare as texts; an absent one matches no range (PS3.4 C.2.2.2.5)."""
    if "-" not in value:
        return _text(column, value)
    first, _, last = value.partition("-")
    bounds = [column != ""]
    if first:
        bounds.append(column >= first)
    if last:
        bounds.append(column <= last + "\uffff")  # 1430 includes 143059
    return and_(*bounds)
