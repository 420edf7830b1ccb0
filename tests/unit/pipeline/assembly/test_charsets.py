"""Texts in the character sets of PS3.5 are read, wherever their bytes look like delimiters."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, charset, dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import dcmwrite

from dicom_node.vault.part10 import encode_head
from pipeline.assembly.charsets import read_chinese_escapes
from pipeline.assembly.facts import read_facts
from pipeline.domain.linking import Likeness, likeness
from pipeline.domain.opinion_request import PatientTold
from pipeline.results.attributes import keep_identity, with_file_meta
from pipeline.testing.data_sets import arrival, data_set, element
from review_ui.dicomweb.metadata import instance_json

ROOT = Path(__file__).parents[4]
ROOTS = (
    "dicom_node/stack.py", "dicom_node/index_process.py", "pipeline/worker/__main__.py",
    "pipeline/inference/server.py", "pipeline/triage/__main__.py", "review_ui/app.py",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charset, "handled_encodings", charset.handled_encodings)
    read_chinese_escapes()


GB = b"\x1b$)A"
ANNEX_K = bytes.fromhex("5A68616E675E5869616F446F6E673D1B242941D5C55E1B242941D0A1B6AB3D20")
YAMADA = b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J"
NAMES = {
    "PS3.5 annex K": (r"\ISO 2022 IR 58", ANNEX_K, "Zhang^XiaoDong=张^小东="),
    "annex K, its first value written out": (r"ISO 2022 IR 6\ISO 2022 IR 58", ANNEX_K, "Zhang^XiaoDong=张^小东="),
    "annex K, beside Latin-1": (r"ISO 2022 IR 100\ISO 2022 IR 58", b"Lef\xe8vre=" + GB + b"\xd5\xc5", "Lefèvre=张"),
    "GB18030": ("GB18030", "Wang^XiaoDong=王^小东=".encode("gb18030"), "Wang^XiaoDong=王^小东="),
    "GB18030, four bytes": ("GB18030", "㐀^𠮷".encode("gb18030"), "㐀^𠮷"),
    "GB18030, é and €": ("GB18030", bytes.fromhex("a8a65ea2e3"), "é^€"),
    "GB18030, a trail byte like a backslash": ("GB18030", "乗^僜".encode("gb18030"), "乗^僜"),
    "GBK": ("GBK", "Wang^XiaoDong=王^小东=".encode("gbk"), "Wang^XiaoDong=王^小东="),
    "GBK, a trail byte like a caret": ("GBK", "乛^慯".encode("gbk"), "乛^慯"),
    "Latin-1": ("ISO_IR 100", "Le Goff^Gaël".encode("latin-1"), "Le Goff^Gaël"),
    "Latin-1, undeclared": ("", "Le Goff^Gaël".encode("latin-1"), "Le Goff^Gaël"),
    "Greek": ("ISO_IR 126", "Διονυσιος".encode("iso8859_7"), "Διονυσιος"),
    "Arabic": ("ISO_IR 127", "قباني^لنزار".encode("iso8859_6"), "قباني^لنزار"),
    "Hebrew": ("ISO_IR 138", "שרון^דבורה".encode("iso8859_8"), "שרון^דבורה"),
    "Cyrillic": ("ISO_IR 144", "Люкceмбypг".encode("iso8859_5"), "Люкceмбypг"),
    "Korean": (r"\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "Hong^Gildong=洪^吉洞"),
    "Japanese": (r"\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Yamada^Tarou=山田^太郎"),
    "Japanese, annex H.3.2": (r"ISO 2022 IR 13\ISO 2022 IR 87", YAMADA, "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
    "UTF-8": ("ISO_IR 192", "Wang^XiaoDong=王^小東=".encode(), "Wang^XiaoDong=王^小東="),
}
TEXTS: dict[str, tuple[str, int, str, bytes, Any]] = {
    "a Chinese word among others": (
        r"\ISO 2022 IR 58", 0x0008_1030, "LO", b"head " + GB + "脑出血".encode("gb2312") + b" CT", "head 脑出血 CT"
    ),
    "two values, each with its escape": (
        r"\ISO 2022 IR 58", 0x0008_1030, "LO", GB + b"\xc4\xd4\\" + GB + b"\xd2\xd2", ["脑", "乙"]
    ),
    "annex K, lines of a long text": (
        r"\ISO 2022 IR 58", 0x0020_4000, "LT", b"1." + GB + b"\xb5\xda\r\n2." + GB + b"\xd0\xd0\r\n", "1.第\r\n2.行\r\n"
    ),
    "a trail byte like a backslash in two values": (
        "GB18030", 0x0008_1030, "LO", "乗\\僜|x".encode("gb18030"), ["乗", "僜|x"]
    ),
    "a trail byte like a bar": ("GBK", 0x0008_1030, "LO", "脇x".encode("gbk"), "脇x"),
}  # fmt: skip


def _read(body: bytes) -> Dataset:
    return read_dataset(DicomBytesIO(body), is_implicit_VR=False, is_little_endian=True)


def _with(character_set: str, tag: int, vr: str, encoded: bytes) -> bytes:
    return element(0x0008_0005, "CS", character_set.encode()) + element(tag, vr, encoded)


@pytest.mark.parametrize("case", NAMES)
def test_a_name_is_read_in_the_character_set_it_came_in(case: str) -> None:
    character_set, encoded, name = NAMES[case]
    dataset = _read(_with(character_set, 0x0010_0010, "PN", encoded))
    assert str(dataset.PatientName).strip() == name.rstrip("=")


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_is_decoded_before_it_is_taken_apart(case: str) -> None:
    character_set, tag, vr, encoded, text = TEXTS[case]
    assert _read(_with(character_set, tag, vr, encoded))[tag].value == text


def _file(folder: Path, character_set: str, encoded: bytes) -> Path:
    """A file of the vault with this name, in the order of its tags."""
    body = element(0x0008_0005, "CS", character_set.encode()) if character_set else b""
    plain = element(0x0010_0010, "PN", b"PHANTOM^ONE")
    body += data_set(pixels=bytes(8)).replace(plain, element(0x0010_0010, "PN", encoded))
    path = folder / "one.dcm"
    path.write_bytes(encode_head(arrival(), "0" * 64) + body)
    return path


@pytest.mark.parametrize("case", NAMES)
def test_the_index_the_viewer_and_our_results_have_the_name_right(case: str, tmp_path: Path) -> None:
    character_set, encoded, name = NAMES[case]
    path = _file(tmp_path, character_set, encoded)
    said = name.rstrip("=")
    assert read_facts(path).identity.PatientName.strip() == said
    (shown,) = json.loads(instance_json(path, "/x"))["00100010"]["Value"]
    assert "=".join(shown.values()).strip() == said
    content = path.read_bytes()
    written = _result_on(_read(content[144 + int.from_bytes(content[140:144], "little") :]))
    assert encoded.strip() in written  # byte for byte as it came
    assert str(dcmread(BytesIO(written)).PatientName).strip() == said


@pytest.mark.parametrize("case", NAMES)
def test_our_results_have_the_name_right_when_it_was_read_before(case: str) -> None:
    character_set, encoded, name = NAMES[case]
    source = _read(_with(character_set, 0x0010_0010, "PN", encoded))
    assert source.PatientName
    assert str(dcmread(BytesIO(_result_on(source))).PatientName).strip() == name.rstrip("=")


def _result_on(source: Dataset) -> bytes:
    """An object of ours as it is written, with the identity of a source."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.33", "1.2.3"
    keep_identity(made, source)
    written = BytesIO()
    dcmwrite(written, with_file_meta(made), enforce_file_format=True)
    return written.getvalue()


@pytest.mark.parametrize("told", [("Zhang", "XiaoDong"), ("张", "小东")])
def test_a_request_finds_its_images_by_either_writing_of_the_name(tmp_path: Path, told: tuple[str, str]) -> None:
    identity = read_facts(_file(tmp_path, r"\ISO 2022 IR 58", ANNEX_K)).identity
    asked = PatientTold(FamilyName=told[0], GivenName=told[1], PatientID="P1")
    assert likeness(asked, identity) is Likeness.UNSURE  # the name and the number, and no birth date
    assert likeness(PatientTold(FamilyName=told[0], GivenName=told[1]), identity) is Likeness.UNSURE
    assert likeness(PatientTold(FamilyName="Wang", GivenName=told[1]), identity) is Likeness.OTHER


@pytest.mark.parametrize("module", ROOTS)
def test_every_process_that_reads_names_reads_chinese_escapes(module: str) -> None:
    assert re.search(r"^    read_chinese_escapes\(\)$", (ROOT / module).read_text(), re.MULTILINE)
