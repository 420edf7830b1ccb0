"""A small alphabet of pixels, to write on key images without a font file."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_ROWS: Final = 7
LETTER_STEP: Final = 6
"""A letter and the gap after it, in pixels at size 1."""
_GLYPHS: Final = {
    " ": "0000000000", "-": "0808080808", ".": "0060600000", ",": "0050300000", ":": "0036360000", "/": "2010080402",
    "%": "2313086462", "(": "001C224100", ")": "0041221C00", "?": "0201510906",
    "0": "3E5149453E", "1": "00427F4000", "2": "4261514946", "3": "2141454B31", "4": "1814127F10",
    "5": "2745454539", "6": "3C4A494930", "7": "0171090503", "8": "3649494936", "9": "064949291E",
    "A": "7E1111117E", "B": "7F49494936", "C": "3E41414122", "D": "7F4141221C", "E": "7F49494941",
    "F": "7F09090901", "G": "3E4149497A", "H": "7F0808087F", "I": "00417F4100", "J": "2040413F01",
    "K": "7F08142241", "L": "7F40404040", "M": "7F020C027F", "N": "7F0408107F", "O": "3E4141413E",
    "P": "7F09090906", "Q": "3E4151215E", "R": "7F09192946", "S": "4649494931", "T": "01017F0101",
    "U": "3F4040403F", "V": "1F2040201F", "W": "3F4038403F", "X": "6314081463", "Y": "0708700807",
    "Z": "6151494543",
}  # fmt: skip
"""Five columns of seven pixels, the lowest bit on top."""


def written(words: str, size: int = 1) -> NDArray[np.bool_]:
    """Words as pixels ``[j, i]``, capitals of 7 x 5 pixels times ``size``; an unknown character is a "?"."""
    glyphs = [_glyph(character) for character in words.upper()]
    spaced = [column for glyph in glyphs for column in (glyph, np.zeros((_ROWS, 1), dtype=bool))]
    line = np.concatenate(spaced[:-1], axis=1) if spaced else np.zeros((_ROWS, 0), dtype=bool)
    return np.repeat(np.repeat(line, size, axis=0), size, axis=1)


def _glyph(character: str) -> NDArray[np.bool_]:
    columns = np.frombuffer(bytes.fromhex(_GLYPHS.get(character, _GLYPHS["?"])), dtype=np.uint8)
    bits = np.unpackbits(columns[:, None], axis=1, bitorder="little")[:, :_ROWS]
    return bits.T.astype(bool)
