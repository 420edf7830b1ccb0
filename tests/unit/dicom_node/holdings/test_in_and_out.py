"""What is exported and imported again is, bit for bit, what came."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest
from pydicom.fileset import FileSet

from dicom_node.holdings.export import export
from dicom_node.holdings.intake import TakenIn, take_in
from dicom_node.vault.naming import digest
from dicom_node.vault.part10 import ARRIVAL_CREATOR_UID
from dicom_node.vault.simple import SimpleVault
from pipeline.domain.errors import BadInput, VaultFull
from pipeline.domain.receipt import Arrival, Receipt
from pipeline.testing.data_sets import data_set
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice

FOR_A_DIRECTORY = {"StudyID": "1", "SeriesNumber": 1, "AccessionNumber": "A1"}


@pytest.fixture
def vault(tmp_path: Path) -> SimpleVault:
    return SimpleVault(tmp_path / "vault", watermark=1.0)


def _append(vault: SimpleVault, *slices: TinySlice) -> list[Receipt]:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return [
        vault.append(
            one.encoded(),
            Arrival("carhaix", "CT1", "a1", now, str(one.dataset().SOPClassUID), one.SOPInstanceUID, TRANSFER_SYNTAX),
        )
        for one in slices
    ]


def _head(**extra: object) -> list[TinySlice]:
    return [TinySlice(number=number, extra={**FOR_A_DIRECTORY, **extra}) for number in (1, 2, 3)]


def _taken(vault: SimpleVault, *paths: Path, largest: int = 1 << 20) -> list[TakenIn]:
    return list(take_in(paths, "brest", vault, largest, lambda: datetime.now(UTC)))


def test_an_export_has_a_dicomdir_and_every_data_set_as_it_came(vault: SimpleVault, tmp_path: Path) -> None:
    receipts = _append(vault, *_head())
    made = export(tmp_path / "vault", [one.path for one in receipts], tmp_path / "out", zipped=False)
    assert (made.images, made.without_directory) == (3, "")
    records = pydicom.dcmread(tmp_path / "out" / "DICOMDIR").DirectoryRecordSequence
    named = [one.ReferencedFileID for one in records if one.DirectoryRecordType == "IMAGE"]
    assert len(named) == 3
    assert all((tmp_path / "out" / Path(*name)).is_file() for name in named)
    files = [one for one in (tmp_path / "out").rglob("*") if one.is_file() and one.name != "DICOMDIR"]
    bodies = {one.encoded() for one in _head()}
    assert {file.read_bytes()[-len(next(iter(bodies))) :] for file in files} == bodies
    assert all(file.read_bytes()[:128] == bytes(128) for file in files)
    assert all(ARRIVAL_CREATOR_UID.encode() not in file.read_bytes() for file in files)
    assert all(pydicom.dcmread(file).PatientID == "P1" for file in files)


def test_images_of_which_no_dicomdir_can_be_made_are_exported_without(vault: SimpleVault, tmp_path: Path) -> None:
    receipts = _append(vault, TinySlice(extra={"PatientID": ""}))
    made = export(tmp_path / "vault", [one.path for one in receipts], tmp_path / "out", zipped=False)
    assert "DICOMDIR" in made.without_directory
    assert not (tmp_path / "out" / "DICOMDIR").exists()
    assert len([one for one in (tmp_path / "out").rglob("*") if one.is_file()]) == 1


def test_an_export_as_a_zip_file_is_one_file_and_never_over_another(vault: SimpleVault, tmp_path: Path) -> None:
    paths = [one.path for one in _append(vault, *_head())]
    export(tmp_path / "vault", paths, tmp_path / "out.zip", zipped=True)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert len(archive.namelist()) == 4
        assert archive.testzip() is None
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.zip", "vault"]
    with pytest.raises(BadInput):
        export(tmp_path / "vault", paths, tmp_path / "out.zip", zipped=True)


def test_what_was_exported_is_taken_in_again_bit_for_bit(vault: SimpleVault, tmp_path: Path) -> None:
    receipts = _append(vault, *_head())
    export(tmp_path / "vault", [one.path for one in receipts], tmp_path / "out", zipped=False)
    other = SimpleVault(tmp_path / "other", watermark=1.0)
    found = _taken(other, tmp_path / "out")
    assert [one.why for one in found if one.is_dicom and one.path.name != "DICOMDIR"] == ["", "", ""]
    pending = list(other.pending())
    assert {one.sha256 for one in pending} == {one.sha256 for one in receipts}
    assert {(one.arrival.site_id, one.arrival.peer_ae_title) for one in pending} == {("brest", "IMPORT")}
    assert all(one.duplicate for one in _taken(other, tmp_path / "out") if not one.why)


def test_files_that_are_no_images_are_told_apart_and_stop_nothing(vault: SimpleVault, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "notes.txt").write_text("hello")
    (folder / "cut.dcm").write_bytes(b"\0" * 128 + b"DICM\2\0")
    (folder / "one.dcm").write_bytes(data_set(pixels=b"ab"))
    (folder / "big.dcm").write_bytes(data_set(sop_instance="1.9", pixels=bytes(5000)))
    found = {one.path.name: one for one in _taken(vault, folder, largest=2000)}
    assert not found["notes.txt"].is_dicom
    assert found["cut.dcm"].why
    assert "larger" in found["big.dcm"].why
    assert found["one.dcm"].why == ""
    assert [one.sha256 for one in vault.pending()] == [digest(data_set(pixels=b"ab"))]


def test_a_full_disk_takes_nothing_in(tmp_path: Path) -> None:
    (tmp_path / "one.dcm").write_bytes(data_set(pixels=b"ab"))
    full = SimpleVault(tmp_path / "vault", watermark=0.0)
    with pytest.raises(VaultFull):
        _taken(full, tmp_path / "one.dcm")


def test_a_zip_of_patients_images_is_for_its_maker_alone(vault: SimpleVault, tmp_path: Path) -> None:
    receipts = _append(vault, *_head())
    export(tmp_path / "vault", [one.path for one in receipts], tmp_path / "out.zip", zipped=True)
    assert (tmp_path / "out.zip").stat().st_mode & 0o077 == 0


def test_a_directory_that_cannot_be_written_leaves_no_half_images(
    vault: SimpleVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(files: FileSet, target: Path) -> None:
        (target / "PT000000").mkdir()
        (target / "PT000000" / "IM000000").write_bytes(b"a header")
        raise ValueError("it cannot be encoded")

    monkeypatch.setattr(FileSet, "write", write)
    receipts = _append(vault, *_head())
    made = export(tmp_path / "vault", [one.path for one in receipts], tmp_path / "out", zipped=False)
    assert made.without_directory
    assert len([one for one in (tmp_path / "out").rglob("*") if one.is_file()]) == len(receipts)


def test_a_file_that_is_too_large_is_not_read(vault: SimpleVault, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, begins in (("disc.iso", bytes(132)), ("image.dcm", bytes(128) + b"DICM")):
        with (folder / name).open("wb") as file:
            file.write(begins)
            file.truncate(1 << 40)  # a hole of a terabyte: nobody has the memory for it
    disc, image = _taken(vault, folder)
    assert (disc.is_dicom, image.is_dicom) == (False, True)
    assert "larger" in image.why or "large" in image.why
