"""One sync for many writers, and none after it failed."""

from __future__ import annotations

import errno
import os
import threading

import pytest

from dicom_node.vault.commit import GroupCommit


def test_one_sync_serves_all_that_wrote_before_it_began() -> None:
    began, may_end = threading.Event(), threading.Event()
    syncs = []

    def sync() -> None:
        syncs.append(1)
        began.set()
        may_end.wait(10)

    commit = GroupCommit(sync)
    threads = [threading.Thread(target=commit.wait, args=(commit.wrote(),))]
    threads[0].start()
    assert began.wait(10)
    threads += [threading.Thread(target=commit.wait, args=(commit.wrote(),)) for _ in range(7)]
    for thread in threads[1:]:
        thread.start()
    may_end.set()
    for thread in threads:
        thread.join(10)
    assert len(syncs) == 2


def test_after_a_failed_sync_nobody_is_told_success() -> None:
    def fail() -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    commit = GroupCommit(fail)
    first, second = commit.wrote(), commit.wrote()
    for ticket in (first, second):
        with pytest.raises(OSError, match="Input/output error"):
            commit.wait(ticket)
