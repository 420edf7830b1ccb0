"""Files are taken away for good, and never one that somebody was just told is kept."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dicom_node.vault.fast import FastVault
from dicom_node.vault.records import PAGE
from dicom_node.vault.simple import SimpleVault
from pipeline.domain.receipt import Receipt
from pipeline.testing.data_sets import arrival, data_set

NOBODY = bool
"""``needed`` of a file that no row names: false."""


@contextmanager
def _opened(root: Path) -> Iterator[FastVault]:
    vault = FastVault(root, watermark=1.0, segment_bytes=64 * PAGE, most_segments=2)
    vault.recover()
    yield vault
    os.close(vault._journal._lock)  # as a killed process leaves it


def _append(vault: FastVault, number: int = 1) -> Receipt:
    uid = f"1.2.3.{number}"
    return vault.append(data_set(sop_instance=uid, pixels=b"ab"), arrival(sop_instance=uid))


def _indexed(vault: FastVault, *receipts: Receipt) -> None:
    vault.step()
    vault.indexed(receipts)


def test_a_removed_image_does_not_come_back_from_the_journal(tmp_path: Path) -> None:
    with _opened(tmp_path) as vault:
        one, two = _append(vault, 1), _append(vault, 2)
        _indexed(vault, one, two)
        assert vault.forget(one.path)
        assert vault.remove(one.path, NOBODY)
        vault.sweep(one.path.split("/")[1])
    with _opened(tmp_path) as again:
        assert not (tmp_path / one.path).exists()
        assert (tmp_path / two.path).exists()
        assert [receipt.path for receipt in again.pending()] == [two.path]  # the journal still had that one


def test_an_image_that_came_again_and_is_not_known_to_the_index_stays(tmp_path: Path) -> None:
    with _opened(tmp_path) as vault:
        one = _append(vault)
        assert not vault.forget(one.path)
        assert not vault.remove(one.path, NOBODY)  # in the journal only
        vault.step()
        assert not vault.remove(one.path, NOBODY)  # a file, and the index has not heard of it
        vault.indexed([one])
        again = _append(vault)
        assert again.duplicate
        assert not vault.forget(one.path)
        assert not vault.remove(one.path, NOBODY)  # acknowledged once more
        vault.indexed([again])
        assert vault.remove(one.path, NOBODY)


def test_an_image_that_a_row_names_stays(tmp_path: Path) -> None:
    with _opened(tmp_path) as vault:
        one = _append(vault)
        _indexed(vault, one)
        assert not vault.remove(one.path, lambda: True)
        assert (tmp_path / one.path).exists()


def test_another_process_is_told_that_a_file_is_kept_while_it_is_taken_away(tmp_path: Path) -> None:
    """Another process (the desk's STOW, an import) stores the same bytes between two steps of the removal."""
    with _opened(tmp_path) as vault:
        one = _append(vault)
        _indexed(vault, one)
        other = SimpleVault(tmp_path, watermark=1.0)
        body = data_set(sop_instance="1.2.3.1", pixels=b"ab")

        def resent() -> bool:
            assert not other.append(body, arrival(sop_instance="1.2.3.1")).duplicate  # its name is gone: stored anew
            return False

        vault.remove(one.path, resent)
        assert (tmp_path / one.path).exists()
        assert [receipt.path for receipt in other.pending()] == [one.path]


def test_a_file_put_aside_by_a_killed_removal_is_put_back_when_it_is_needed_again(tmp_path: Path) -> None:
    with _opened(tmp_path) as vault:
        one = _append(vault)
        _indexed(vault, one)

        def dies() -> bool:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            vault.remove(one.path, dies)
        assert not (tmp_path / one.path).exists()
        assert not vault.remove(one.path, lambda: True)
        assert (tmp_path / one.path).exists()
        assert list((tmp_path / "removed").iterdir()) == []


def test_an_empty_folder_goes_and_one_with_something_in_it_stays(tmp_path: Path) -> None:
    with _opened(tmp_path) as vault:
        one, two = _append(vault, 1), _append(vault, 2)
        _indexed(vault, one, two)
        study = one.path.split("/")[1]
        vault.remove(one.path, NOBODY)
        vault.sweep(study)
        assert (tmp_path / "studies" / study).exists()
        vault.remove(two.path, NOBODY)
        vault.sweep(study)
        assert not (tmp_path / "studies" / study).exists()
        vault.sweep(study)


def test_removing_twice_is_no_error_and_a_resend_is_stored_anew(tmp_path: Path) -> None:
    with _opened(tmp_path) as vault:
        one = _append(vault)
        _indexed(vault, one)
        assert vault.remove(one.path, NOBODY)
        vault.sweep(one.path.split("/")[1])
        assert vault.remove(one.path, NOBODY)
        again = _append(vault)
        assert not again.duplicate
        vault.step()
        assert (tmp_path / again.path).exists()


def test_a_name_that_was_taken_from_an_image_that_waits_is_given_back_at_the_start(tmp_path: Path) -> None:
    beside = SimpleVault(tmp_path, watermark=1.0)
    one = beside.append(data_set(pixels=b"ab"), arrival())
    assert beside.put_aside(one.path)  # as far as a removal came that was killed
    with _opened(tmp_path) as vault:
        assert [receipt.path for receipt in vault.pending()] == [one.path]


def test_a_database_that_hangs_while_it_is_asked_holds_no_image_up(tmp_path: Path) -> None:
    asked, answers = threading.Event(), threading.Event()

    def hangs() -> bool:
        asked.set()
        assert answers.wait(60)
        return False

    with _opened(tmp_path) as vault:
        one = _append(vault)
        _indexed(vault, one)
        removing = threading.Thread(target=vault.remove, args=(one.path, hangs))
        removing.start()
        assert asked.wait(60)
        sending = threading.Thread(target=_append, args=(vault,), daemon=True)
        sending.start()  # of all images, one that is guarded by the same lock
        sending.join(20)
        was_stored = not sending.is_alive()
        answers.set()
        removing.join(60)
        sending.join(60)
        assert was_stored
        assert (tmp_path / one.path).exists()
