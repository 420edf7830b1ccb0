"""Names in the character sets of PS3.5 are read, wherever their bytes look like delimiters."""

from __future__ import annotations

import pytest
from pydicom import Dataset, charset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset

from dicom_node.charsets import read_chinese_escapes
from pipeline.testing.data_sets import element


@pytest.fixture(autouse=True)
def _mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charset, "handled_encodings", charset.handled_encodings)
    read_chinese_escapes()


ANNEX_K = bytes.fromhex("5A68616E675E5869616F446F6E673D1B242941D5C55E1B242941D0A1B6AB3D20")
NAMES = {
    "PS3.5 annex K": (r"\ISO 2022 IR 58", ANNEX_K, "Zhang^XiaoDong=张^小东="),
    "GB18030": ("GB18030", "Wang^XiaoDong=王^小东=".encode("gb18030"), "Wang^XiaoDong=王^小东="),
    "GB18030, four bytes": ("GB18030", "㐀^𠮷".encode("gb18030"), "㐀^𠮷"),
    "GB18030, a trail byte like a backslash": ("GB18030", "乗^僜".encode("gb18030"), "乗^僜"),
    "GBK, a trail byte like a caret": ("GBK", "乛^慯".encode("gbk"), "乛^慯"),
    "Latin-1": ("ISO_IR 100", "Le Goff^Gaël".encode("latin-1"), "Le Goff^Gaël"),
    "Greek": ("ISO_IR 126", "Διονυσιος".encode("iso8859_7"), "Διονυσιος"),
    "Arabic": ("ISO_IR 127", "قباني^لنزار".encode("iso8859_6"), "قباني^لنزار"),
    "Hebrew": ("ISO_IR 138", "שרון^דבורה".encode("iso8859_8"), "שרון^דבורה"),
    "Cyrillic": ("ISO_IR 144", "Люкceмбypг".encode("iso8859_5"), "Люкceмбypг"),
    "Korean": (r"\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "Hong^Gildong=洪^吉洞"),
    "Japanese": (r"\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Yamada^Tarou=山田^太郎"),
    "UTF-8": ("ISO_IR 192", "Wang^XiaoDong=王^小東=".encode(), "Wang^XiaoDong=王^小東="),
}


@pytest.mark.parametrize("case", NAMES)
def test_a_name_is_read_in_the_character_set_it_came_in(case: str) -> None:
    character_set, encoded, name = NAMES[case]
    body = element(0x0008_0005, "CS", character_set.encode()) + element(0x0010_0010, "PN", encoded)
    dataset: Dataset = read_dataset(DicomBytesIO(body), is_implicit_VR=False, is_little_endian=True)
    assert str(dataset.PatientName).strip() == name.rstrip("=")
