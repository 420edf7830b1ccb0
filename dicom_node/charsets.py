"""A character set that pydicom gets wrong, put right in this process."""

from __future__ import annotations

from pydicom import charset


def read_chinese_escapes() -> None:
    """Have ISO 2022 IR 58 (PS3.5 annex K) decoded; called once, by a process's composition root.

    pydicom takes Python's codec of that name to strip escape sequences by itself, as the Japanese ones do.
    It does not, so they stay in the text. Unlisted here, pydicom strips them as it does for Korean.
    """
    kept = tuple(name for name in charset.handled_encodings if name != "iso_ir_58")
    charset.handled_encodings = kept  # type: ignore[assignment]
