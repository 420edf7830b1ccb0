"""Small encoded data sets, written by hand so that hostile values can be put in them."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

from pipeline.domain.receipt import Arrival

CTImageStorage = "1.2.840.10008.5.1.4.1.1.2"
ExplicitVRLittleEndian = "1.2.840.10008.1.2.1"
ImplicitVRLittleEndian = "1.2.840.10008.1.2"
ExplicitVRBigEndian = "1.2.840.10008.1.2.2"
_LONG_VR = frozenset({"OB", "OW", "SQ", "UN", "UT"})


def element(tag: int, vr: str, value: bytes, transfer_syntax: str = ExplicitVRLittleEndian) -> bytes:
    """One data element (PS3.5 7.1), padded to even length."""
    value += (b"\0" if vr in {"UI", "OB", "UN"} else b" ") * (len(value) % 2)
    order = ">" if transfer_syntax == ExplicitVRBigEndian else "<"
    name = struct.pack(order + "HH", tag >> 16, tag & 0xFFFF)
    if transfer_syntax == ImplicitVRLittleEndian:
        return name + struct.pack("<L", len(value)) + value
    if vr in _LONG_VR:
        return name + vr.encode() + struct.pack(order + "HL", 0, len(value)) + value
    return name + vr.encode() + struct.pack(order + "H", len(value)) + value


def data_set(
    *,
    sop_instance: str = "1.2.3.1",
    study: str = "1.2.1",
    series: str = "1.2.2",
    sop_class: str = CTImageStorage,
    pixels: bytes = b"",
    rows_columns: tuple[int, int] = (2, 2),
    transfer_syntax: str = ExplicitVRLittleEndian,
) -> bytes:
    """An encoded data set with identifiers, a patient and, if given, ``pixels`` as OW."""
    values = [
        (0x0008_0016, "UI", sop_class.encode()),
        (0x0008_0018, "UI", sop_instance.encode()),
        (0x0008_0060, "CS", b"CT"),
        (0x0010_0010, "PN", b"PHANTOM^ONE"),
        (0x0010_0020, "LO", b"P1"),
        (0x0020_000D, "UI", study.encode()),
        (0x0020_000E, "UI", series.encode()),
        (0x0028_0010, "US", _short(rows_columns[0], transfer_syntax)),
        (0x0028_0011, "US", _short(rows_columns[1], transfer_syntax)),
    ]
    if pixels:
        values.append((0x7FE0_0010, "OW", pixels))
    return b"".join(element(tag, vr, value, transfer_syntax) for tag, vr, value in values)


def arrival(
    *, sop_instance: str = "1.2.3.1", site_id: str = "carhaix", transfer_syntax: str = ExplicitVRLittleEndian
) -> Arrival:
    """How such a data set came in."""
    return Arrival(
        site_id=site_id,
        peer_ae_title="SCANNER",
        association_id="association-1",
        received_at=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
        SOPClassUID=CTImageStorage,
        SOPInstanceUID=sop_instance,
        TransferSyntaxUID=transfer_syntax,
    )


def _short(value: int, transfer_syntax: str) -> bytes:
    return struct.pack((">" if transfer_syntax == ExplicitVRBigEndian else "<") + "H", value % 65_536)
