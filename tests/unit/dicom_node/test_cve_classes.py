"""Every class of fault that was found in DICOM software of late, tried on ours; its name stands in its test's."""

from __future__ import annotations

import contextlib
import re
import struct
import tracemalloc
import zlib
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from sqlalchemy import create_engine, event
from sqlalchemy.exc import OperationalError

from dicom_node.holdings.intake import take_in
from dicom_node.query.request import Query, read_query, read_retrieval
from dicom_node.query.search import find
from dicom_node.scu.commitment import answer_report
from dicom_node.scu.outgoing import read_outgoing
from dicom_node.scu.stow import _body
from dicom_node.server.node import NodeAddress, refuse_unprotected
from dicom_node.settings import NodeSettings
from dicom_node.upper.commands import BadCommand, read_command
from dicom_node.vault.header import InstanceIds, instance_ids
from dicom_node.vault.held import examine, ids_of
from dicom_node.vault.naming import PATH, instance_path
from dicom_node.vault.part10 import decode_head, encode_plain_head
from dicom_node.vault.simple import SimpleVault
from pipeline.domain.errors import (
    BadInput,
    ConfigurationError,
    DatabaseUnavailable,
    NeuroVigieError,
    UnreadableInstance,
)
from pipeline.settings import Settings
from pipeline.testing.data_sets import CTImageStorage, ExplicitVRLittleEndian, data_set

ROOT = Path(__file__).parents[3]
OURS = ("dicom_node", "pipeline", "models", "review_ui")
Deflated = "1.2.840.10008.1.2.1.99"
HOSTILE = [
    "../../x",
    "/etc/passwd",
    "..\\..\\x",
    "1.2.3/../../x",
    "a" * 300,
    "１.２.３",
    "1.2;touch x",
    "$(id)",
    "%n%s",
]


@pytest.fixture(scope="module")
def source() -> dict[str, str]:
    """The text of every module of ours, by its path."""
    paths = [path for room in OURS for path in (ROOT / room).rglob("*.py") if "node_modules" not in path.parts]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def _lines_with(source: dict[str, str], pattern: str) -> list[str]:
    wanted = re.compile(pattern)
    return [
        f"{name}: {line.strip()}" for name, text in source.items() for line in text.splitlines() if wanted.search(line)
    ]


def _store(vault: SimpleVault, folder: Path, body: bytes, preamble: bytes = bytes(128)) -> list[str]:
    file = folder / "sent.dcm"
    file.write_bytes(preamble + encode_plain_head(CTImageStorage, "1.2.3.1", ExplicitVRLittleEndian)[128:] + body)
    return [one.why for one in take_in([file], "brest", vault, 1 << 24, lambda: datetime.now(UTC))]


@pytest.mark.parametrize("uid", HOSTILE)
def test_cve_2026_56445_and_2022_2119_and_2026_50003_no_value_of_a_data_set_becomes_a_path(
    tmp_path: Path, uid: str
) -> None:
    """`qrscp`'s store, DCMTK's storescp and its C-GET joined identifiers into paths."""
    assert PATH.fullmatch(instance_path("brest", InstanceIds(uid, uid, uid, uid), "ab" * 32))
    vault = SimpleVault(tmp_path / "vault", watermark=1.0)
    body = data_set(sop_instance=uid.encode("utf-8").decode("latin-1"), study=uid.encode().decode("latin-1"))
    assert _store(vault, tmp_path, body) == [""]
    inside = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "sent.dcm"]
    assert all(path.is_relative_to(tmp_path / "vault") for path in inside)


def test_cve_2026_56445_a_nul_in_an_identifier_is_refused() -> None:
    with pytest.raises(UnreadableInstance):
        instance_ids(data_set(study="1.2\0.3"), ExplicitVRLittleEndian)


def test_cve_2026_32711_no_file_that_a_dicomdir_names_is_followed(tmp_path: Path, source: dict[str, str]) -> None:
    """pydicom's FileSet read, moved and deleted what ReferencedFileID named; ours only writes new ones."""
    assert _lines_with(source, r"FileSet\([^)]|file_?set\.(load|remove|copy)\(") == []
    directory = tmp_path / "DICOMDIR"
    body = struct.pack("<HH2sH", 4, 0x1500, b"CS", 18) + b"..\\..\\..\\ETC\\PWD  "
    directory.write_bytes(encode_plain_head("1.2.840.10008.1.3.10", "1.2.3", ExplicitVRLittleEndian) + body)
    with pytest.raises(UnreadableInstance, match="DICOMDIR"):
        read_outgoing(directory)


def test_cve_2026_5663_nothing_is_run_by_a_shell_and_no_name_of_a_caller_is_looked_up(source: dict[str, str]) -> None:
    """DCMTK's storescp put identifiers and reverse DNS names into a command line."""
    shell = r"shell\s*=\s*True|os\.(system|popen)\(|getoutput\(|getstatusoutput\(|(?<![\w.])(eval|exec)\("
    assert _lines_with(source, shell) == []
    assert _lines_with(source, r"gethostbyaddr|getfqdn|getnameinfo") == []


def test_cve_2026_52868_a_query_is_answered_from_the_callers_own_site_alone() -> None:
    """DCMTK's worklist server read across areas."""
    engine, said = create_engine("sqlite://"), list[tuple[str, object]]()
    event.listen(engine, "before_cursor_execute", lambda *a: said.append((a[2], a[3])))
    for level in ("PATIENT", "STUDY", "SERIES", "IMAGE"):
        query = Query(read_query(_asked(level), patient_root=True).level, {"PatientID": "* OR 1=1"}, ("PatientID",))
        with pytest.raises((DatabaseUnavailable, OperationalError)):
            find(engine, "brest", query)
    assert all("study.site_id = ?" in statement and "brest" in str(values) for statement, values in said)
    assert not any("OR 1=1" in statement for statement, _ in said)


def _asked(level: str) -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.PatientID = level, ""
    return asked


@pytest.mark.filterwarnings("ignore")
@given(
    st.dictionaries(
        st.sampled_from(["QueryRetrieveLevel", "PatientID", "StudyDate", "PatientName", "StudyInstanceUID"]),
        st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=3) | st.none(),
    )
)
def test_cve_2026_35505_and_44628_no_query_breaks_the_reader(values: dict[str, object]) -> None:
    """DCMTK's servers crashed on queries."""
    identifier = Dataset()
    for keyword, value in values.items():
        setattr(identifier, keyword, value)
    for read in (read_query, read_retrieval):
        with contextlib.suppress(BadInput):
            assert isinstance(read(identifier, patient_root=True), Query)


def test_cve_2022_2120_and_2121_what_a_command_or_a_report_leaves_out_is_no_null(tmp_path: Path) -> None:
    for cut in (b"", struct.pack("<HHL", 0, 0x0100, 2) + b"\1\0"):
        with pytest.raises(BadCommand):
            read_command(cut)
    with pytest.raises(AttributeError):  # which is answered with 0110
        answer_report(SimpleNamespace(event_information=Dataset()), lambda _: None)
    with pytest.raises(UnreadableInstance):
        instance_ids(b"", ExplicitVRLittleEndian)
    assert _store(SimpleVault(tmp_path / "vault", watermark=1.0), tmp_path, b"") != [""]


@given(st.binary(max_size=400), st.integers(0, 2**32 - 1))
def test_cve_2026_5437_no_length_in_file_meta_information_reads_beyond_it(noise: bytes, length: int) -> None:
    """Orthanc read beyond the meta header."""
    head = bytes(128) + b"DICM" + struct.pack("<HH2sHL", 2, 0, b"UL", 4, length) + noise
    with pytest.raises(NeuroVigieError):
        decode_head(head)


def test_cve_2026_5438_nothing_is_inflated_without_a_bound(source: dict[str, str]) -> None:
    """Orthanc inflated bodies whole."""
    assert _lines_with(source, r"(gzip|zlib|bz2|lzma)\.decompress\(|gzip\.open\(|GzipFile\(") == []


def test_cve_2026_5439_no_archive_is_opened(source: dict[str, str]) -> None:
    """Orthanc believed the sizes in a ZIP file; ours are only written."""
    opened = _lines_with(source, r"ZipFile\(|tarfile\.open\(|unpack_archive\(")
    assert [line for line in opened if not re.search(r"""ZipFile\([^)]*["'][wx]["']""", line)] == []


@pytest.mark.parametrize("vr", [b"OB", b"UN", b"ZZ", b"\0\0"])
def test_cve_2026_3650_a_length_that_lies_takes_no_memory(vr: bytes) -> None:
    """GDCM took what a malformed VR asked for."""
    hostile = struct.pack("<HH2sHL", 8, 5, vr, 0, 0xFFFFFFF0) + b"short"
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableInstance):
            instance_ids(hostile, ExplicitVRLittleEndian)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_cve_2019_11687_a_program_in_a_preamble_comes_neither_in_nor_out(tmp_path: Path) -> None:
    """PE-DICOM: a file that is an image and a program."""
    vault = SimpleVault(tmp_path / "vault", watermark=1.0)
    program = b"MZ\x90\0" + b"\xcc" * 124
    assert _store(vault, tmp_path, data_set(), program) == [""]
    kept = list((tmp_path / "vault").rglob("*.dcm"))
    assert kept
    assert {path.read_bytes()[:132] for path in kept} == {bytes(128) + b"DICM"}
    # Even if a file in the vault were changed: what is delivered gets a head of ours.
    foreign = tmp_path / "sent.dcm"
    assert foreign.read_bytes()[:2] == b"MZ"
    sent = b"".join(_body([read_outgoing(foreign)], "boundary"))
    assert b"MZ\x90" not in sent
    assert bytes(128) + b"DICM" in sent


def _deflated(body: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(body) + deflater.flush()


def test_a_decompression_bomb_is_refused_within_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicom_node.vault.header.SUSPECT_INFLATED", 4 << 20)
    bomb = _deflated(data_set() + struct.pack("<HH2sHL", 0x7FE0, 0x10, b"OB", 0, 16 << 20) + bytes(16 << 20))
    tracemalloc.start()
    try:
        for look in (lambda: examine(bomb, Deflated), lambda: ids_of(memoryview(bomb), Deflated)):
            with pytest.raises(UnreadableInstance, match="inflates to more than 4 MiB"):
                look()
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    honest = _deflated(data_set(pixels=bytes(range(256)) * 256))
    assert examine(honest, Deflated).ids == ids_of(memoryview(honest), Deflated)


def test_nested_sequences_without_end_are_walked_without_recursion(monkeypatch: pytest.MonkeyPatch) -> None:
    opening = struct.pack("<HH2sHL", 8, 0x1111, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    with pytest.raises(UnreadableInstance, match="ends in the middle"):
        instance_ids(opening * 3000, ExplicitVRLittleEndian)
    monkeypatch.setattr("dicom_node.vault.header.MOST_ELEMENTS", 1000)
    with pytest.raises(UnreadableInstance, match="longer than this service reads"):
        instance_ids(opening * 3000, ExplicitVRLittleEndian)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3"])
def test_the_exposed_archives_of_2019_and_2023_nothing_listens_beyond_this_machine_by_itself(host: str) -> None:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    assert {settings.dicom_host, settings.web_host} == {"127.0.0.1"}
    with pytest.raises(ConfigurationError, match="without TLS"):
        refuse_unprotected(NodeAddress("NEUROVIGIE", host, 104))


def test_the_default_passwords_of_archives_no_setting_holds_a_secret() -> None:
    secret = ("password", "secret", "passcode", "token", "key", "user")
    for model in (Settings, NodeSettings):
        held = {name: one.default for name, one in model.model_fields.items() if any(word in name for word in secret)}
        assert not any(held.values()), held
