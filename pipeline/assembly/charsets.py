"""A character set that pydicom gets wrong, put right in this process.

Names and other texts are decoded when they are read and are UTF-8 from there on; the bytes that were received stay
in the vault, and our own objects carry them as they came.
"""

from __future__ import annotations

from pydicom import charset


def read_chinese_escapes() -> None:
    """Have ISO 2022 IR 58 (PS3.5 annex K) decoded; called by every process's composition root.

    pydicom takes Python's codec of that name to strip escape sequences by itself, as the Japanese ones do.
    It does not, so they stay in the text. Unlisted here, pydicom strips them as it does for Korean.
    """
    kept = tuple(name for name in charset.handled_encodings if name != "iso_ir_58")
    charset.handled_encodings = kept  # type: ignore[assignment]
