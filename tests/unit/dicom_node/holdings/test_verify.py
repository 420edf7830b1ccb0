"""What is wrong in a vault is found, whatever comes and goes meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_node.holdings.count import count
from dicom_node.holdings.stored import Fault
from dicom_node.holdings.verify import Known, Report, verify
from dicom_node.vault.simple import SimpleVault
from pipeline.domain.receipt import Receipt
from pipeline.testing.data_sets import arrival, data_set


@pytest.fixture
def vault(tmp_path: Path) -> SimpleVault:
    return SimpleVault(tmp_path, watermark=1.0)


def _append(vault: SimpleVault, number: int, site: str = "carhaix") -> Receipt:
    body = data_set(sop_instance=f"1.2.3.{number}", study=f"1.2.{number}", pixels=b"ab")
    return vault.append(body, arrival(sop_instance=f"1.2.3.{number}", site_id=site))


def _verified(root: Path, *known: Receipt, leaving: frozenset[str] = frozenset()) -> Report:
    digests = {receipt.path: receipt.sha256 for receipt in known}
    return verify(root, lambda: Known(digests, leaving))


def test_a_sound_vault_has_no_fault(vault: SimpleVault, tmp_path: Path) -> None:
    one, two = _append(vault, 1), _append(vault, 2)
    vault.indexed([one])
    report = _verified(tmp_path, one)  # the other waits for the index
    assert (report.files, report.pending, report.faults) == (2, 1, [])
    assert verify(tmp_path, None).faults == []
    assert two.path


def test_one_altered_byte_is_found(vault: SimpleVault, tmp_path: Path) -> None:
    one = _append(vault, 1)
    content = bytearray(vault.read(one.path))
    content[-1] ^= 1
    (tmp_path / one.path).write_bytes(content)
    assert _verified(tmp_path, one).faults == [(Fault.ALTERED, one.path)]


def test_a_file_cut_short_or_without_its_head_is_found(vault: SimpleVault, tmp_path: Path) -> None:
    one, two = _append(vault, 1), _append(vault, 2)
    (tmp_path / one.path).write_bytes(vault.read(one.path)[:-10])
    (tmp_path / two.path).write_bytes(b"nothing of ours")
    assert set(_verified(tmp_path, one, two).faults) == {(Fault.ALTERED, one.path), (Fault.UNREADABLE, two.path)}


def test_a_file_in_the_place_of_another_is_found(vault: SimpleVault, tmp_path: Path) -> None:
    one, two = _append(vault, 1), _append(vault, 2)
    (tmp_path / two.path).write_bytes(vault.read(one.path))
    assert _verified(tmp_path, one, two).faults == [(Fault.MISNAMED, two.path)]


def test_what_the_index_knows_and_is_gone_is_missing_and_what_it_does_not_know_is_extra(
    vault: SimpleVault, tmp_path: Path
) -> None:
    one, two = _append(vault, 1), _append(vault, 2)
    vault.indexed([one, two])
    (tmp_path / one.path).unlink()
    assert set(_verified(tmp_path, one).faults) == {(Fault.MISSING, one.path), (Fault.EXTRA, two.path)}
    assert _verified(tmp_path, leaving=frozenset({two.path})).faults == []


def test_what_came_or_left_while_it_looked_is_no_fault(vault: SimpleVault, tmp_path: Path) -> None:
    one, two = _append(vault, 1), _append(vault, 2)
    vault.indexed([one, two])
    (tmp_path / one.path).unlink()
    answers = iter([Known({one.path: one.sha256}), Known({two.path: two.sha256})])
    assert verify(tmp_path, lambda: next(answers)).faults == []


def test_a_part_of_the_journal_that_was_set_aside_is_named(vault: SimpleVault, tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "a.damaged").touch()
    assert verify(tmp_path, None).counts == {"damaged_journal": 1}


def test_files_are_counted_by_site(vault: SimpleVault, tmp_path: Path) -> None:
    _append(vault, 1), _append(vault, 2), _append(vault, 3, site="brest")
    said = count(tmp_path)
    assert {site: (one["studies"], one["files"]) for site, one in said["sites"].items()} == {
        "brest": (1, 1),
        "carhaix": (2, 2),
    }
    assert said["files"] == said["pending"] == 3
