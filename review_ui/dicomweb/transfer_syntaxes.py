"""What a stored frame is on the wire: its media type by transfer syntax, and which of them are not compressed."""

from __future__ import annotations

ImplicitVRLittleEndian = "1.2.840.10008.1.2"
ExplicitVRLittleEndian = "1.2.840.10008.1.2.1"
DeflatedExplicitVRLittleEndian = "1.2.840.10008.1.2.1.99"
ExplicitVRBigEndian = "1.2.840.10008.1.2.2"
HTJ2KLosslessRPCL = "1.2.840.10008.1.2.4.202"

NATIVE = frozenset(
    {ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian}
)
"""Transfer syntaxes whose pixels are not compressed; their frames leave as explicit VR little endian."""

UNCOMPRESSED = "application/octet-stream"

_BY_TRANSFER_SYNTAX = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.92": "image/jpx",
    "1.2.840.10008.1.2.4.93": "image/jpx",
    "1.2.840.10008.1.2.4.110": "image/jxl",
    "1.2.840.10008.1.2.4.111": "image/jxl",
    "1.2.840.10008.1.2.4.112": "image/jxl",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}
"""PS3.18 Table 8.7.3-5, without video."""


def media_type(transfer_syntax: str) -> str:
    """The media type of one frame; what the table does not know goes as bytes, named by its transfer syntax."""
    return _BY_TRANSFER_SYNTAX.get(transfer_syntax, UNCOMPRESSED)


def as_sent(transfer_syntax: str) -> str:
    """The transfer syntax in which a frame stored in this one is sent."""
    return ExplicitVRLittleEndian if transfer_syntax in NATIVE else transfer_syntax
