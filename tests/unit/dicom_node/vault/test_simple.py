"""What is durable when the vault says so, and what is left when it could not."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from dicom_node.vault.files import OsFiles
from dicom_node.vault.simple import SimpleVault
from pipeline.domain.errors import VaultError, VaultFull
from pipeline.testing.data_sets import arrival, data_set


class RecordingFiles(OsFiles):
    """Notes each operation with the last part of its path; can be told to fail one of them."""

    def __init__(self, fail: str = "", *, used: float = 0.5) -> None:
        self.calls: list[str] = []
        self.fail = fail
        self.used = used

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if call == self.fail:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def make_folder(self, path: Path) -> bool:
        self._note(f"mkdir {_short(path)}")
        return super().make_folder(path)

    def write(self, path: Path, parts: Sequence[bytes]) -> None:
        self._note(f"write {_short(path)}")
        super().write(path, parts)

    def sync(self, descriptor: int) -> None:
        self._note(f"fsync {_short(Path('/proc/self/fd', str(descriptor)).readlink())}")
        super().sync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self._note(f"rename {_short(source)} {_short(target)}")
        super().rename(source, target)

    def link(self, source: Path, target: Path) -> None:
        self._note(f"link {_short(source)} {_short(target)}")
        super().link(source, target)

    def used_share(self, path: Path, more: int) -> float:
        return self.used


def _short(path: Path) -> str:
    if path.parent.name in {"incoming", "pending"}:
        return f"{path.parent.name}/file"
    if path.parent.parent.name == "studies":
        return "study/file"
    return "study" if path.parent.name == "studies" else path.name


APPEND = [
    "mkdir study",
    "fsync studies",
    "write incoming/file",
    "fsync incoming/file",
    "rename incoming/file study/file",
    "fsync study",
    "link study/file pending/file",
    "fsync pending",
]


def _vault(root: Path, files: RecordingFiles) -> SimpleVault:
    vault = SimpleVault(root / "vault", watermark=0.9, files=files)
    files.calls.clear()
    return vault


def _left(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_success_is_said_only_after_every_write_was_made_durable_in_order(tmp_path: Path) -> None:
    files = RecordingFiles()
    _vault(tmp_path, files).append(data_set(), arrival())
    assert files.calls == APPEND


def test_a_second_image_of_a_study_syncs_all_but_the_folder_that_is_durable(tmp_path: Path) -> None:
    files = RecordingFiles()
    vault = _vault(tmp_path, files)
    vault.append(data_set(sop_instance="1.1"), arrival())
    files.calls.clear()
    vault.append(data_set(sop_instance="1.2"), arrival())
    assert files.calls == APPEND[2:]


def test_a_duplicate_is_made_durable_again_but_not_written_again(tmp_path: Path) -> None:
    files = RecordingFiles()
    _vault(tmp_path, files).append(data_set(), arrival())
    files = RecordingFiles()
    assert _vault(tmp_path, files).append(data_set(), arrival()).duplicate
    assert files.calls == [*APPEND[:2], *APPEND[5:]]


@pytest.mark.parametrize("step", APPEND)
def test_a_step_that_fails_raises_and_leaves_nothing_or_the_whole_file(tmp_path: Path, step: str) -> None:
    files = RecordingFiles()
    vault = _vault(tmp_path, files)
    files.fail = step
    with pytest.raises(VaultError):
        vault.append(data_set(), arrival())
    named = APPEND.index(step) > APPEND.index("rename incoming/file study/file")
    assert all(file.read_bytes().endswith(data_set()) for file in _left(tmp_path))
    assert len(list(tmp_path.glob("vault/studies/*/*.dcm"))) == named
    assert list(tmp_path.glob("vault/incoming/*")) == []
    files.fail = ""
    receipt = vault.append(data_set(), arrival())
    assert receipt.duplicate == named
    assert [one.path for one in vault.pending()] == [receipt.path]


@pytest.mark.parametrize("step", APPEND)
def test_a_resend_that_fails_does_not_take_the_first_copy_away(tmp_path: Path, step: str) -> None:
    receipt = _vault(tmp_path, RecordingFiles()).append(data_set(), arrival())
    files = RecordingFiles()
    vault = _vault(tmp_path, files)
    files.fail = step
    with contextlib.suppress(VaultError):
        vault.append(data_set(), arrival())
    assert vault.read(receipt.path).endswith(data_set())
    assert list(vault.pending()) == [receipt]


@pytest.mark.parametrize("error", [errno.EMFILE, errno.EIO, errno.EACCES])
def test_a_resend_while_the_file_cannot_be_read_takes_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    files = RecordingFiles()
    vault = _vault(tmp_path, files)
    receipt = vault.append(data_set(), arrival())
    files.fail = "write incoming/file"
    with monkeypatch.context() as failing:
        failing.setattr(Path, "open", _refuse(error))
        with pytest.raises(VaultError, match="The disk failed"):
            vault.append(data_set(), arrival())
    assert vault.read(receipt.path).endswith(data_set())
    assert list(vault.pending()) == [receipt]


def _refuse(error: int) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(error, os.strerror(error))

    return refuse


def test_a_resend_is_not_read_whole_into_memory(tmp_path: Path) -> None:
    vault = SimpleVault(tmp_path, watermark=1.0)
    body = data_set(pixels=bytes(8 << 20))
    receipt = vault.append(body, arrival())
    tracemalloc.start()
    try:
        assert vault.holds(receipt.path, receipt.sha256)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


def test_a_study_folder_that_was_taken_away_is_made_again(tmp_path: Path) -> None:
    vault = SimpleVault(tmp_path, watermark=1.0)
    first = vault.append(data_set(sop_instance="1.1"), arrival())
    shutil.rmtree((tmp_path / first.path).parent)
    second = vault.append(data_set(sop_instance="1.2"), arrival())
    assert vault.read(second.path)


def test_a_file_that_was_taken_away_does_not_keep_the_others_from_being_marked(tmp_path: Path) -> None:
    vault = SimpleVault(tmp_path, watermark=1.0)
    first, second = (vault.append(data_set(sop_instance=uid), arrival()) for uid in ("1.1", "1.2"))
    vault.indexed([first, second])
    (tmp_path / first.path).unlink()
    vault.mark_pending([first.path, second.path])
    assert list(vault.pending()) == [second]


def test_the_folder_of_a_new_vault_is_made_durable(tmp_path: Path) -> None:
    files = RecordingFiles()
    SimpleVault(tmp_path / "house" / "vault", watermark=1.0, files=files)
    assert files.calls[:4] == ["mkdir house", f"fsync {tmp_path.name}", "mkdir vault", "fsync house"]


def test_above_the_watermark_nothing_is_written(tmp_path: Path) -> None:
    vault = _vault(tmp_path, RecordingFiles(used=0.95))
    with pytest.raises(VaultFull):
        vault.append(data_set(), arrival())
    assert _left(tmp_path) == []


def test_a_short_write_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr("dicom_node.vault.files.os.write", lambda fd, data: write(fd, data[:100]))
    vault = SimpleVault(tmp_path, watermark=1.0)
    body = data_set(pixels=bytes(1000))
    assert vault.read(vault.append(body, arrival()).path).endswith(body)


def test_a_damaged_copy_is_no_duplicate_and_is_replaced(tmp_path: Path) -> None:
    vault = SimpleVault(tmp_path, watermark=1.0)
    receipt = vault.append(data_set(), arrival())
    with (tmp_path / receipt.path).open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"X")
    assert not vault.append(data_set(), arrival()).duplicate
    assert vault.read(receipt.path).endswith(data_set())


def test_a_receipt_is_rebuilt_from_the_file_alone(tmp_path: Path) -> None:
    receipt = SimpleVault(tmp_path, watermark=1.0).append(data_set(), arrival(sop_instance="1." * 3000))
    assert SimpleVault(tmp_path, watermark=1.0).receipt_of(receipt.path) == receipt


def test_what_was_pending_before_a_restart_is_pending_after_it(tmp_path: Path) -> None:
    receipt = SimpleVault(tmp_path, watermark=1.0).append(data_set(), arrival())
    assert list(SimpleVault(tmp_path, watermark=1.0).pending()) == [receipt]


def test_a_start_clears_what_dead_writers_left_and_no_more(tmp_path: Path) -> None:
    vault = SimpleVault(tmp_path, watermark=1.0)
    for name in ("4194305-1", f"{os.getpid()}-1", f"{os.getppid()}-7"):
        (tmp_path / "incoming" / name).write_bytes(b"half")
    vault.recover()
    assert [path.name for path in (tmp_path / "incoming").iterdir()] == [f"{os.getppid()}-7"]


def test_only_we_can_read_the_vault(tmp_path: Path) -> None:
    receipt = SimpleVault(tmp_path / "vault", watermark=1.0).append(data_set(), arrival())
    file = tmp_path / "vault" / receipt.path
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
