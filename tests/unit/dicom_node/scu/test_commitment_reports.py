"""What another system says it keeps, read from its N-EVENT-REPORT; success is answered only once it is written down."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pydicom import Dataset
from pynetdicom import AE, evt

from dicom_node.scu.checkpoint import keep_answers
from dicom_node.scu.commitment import StorageCommitmentPushModel, answer_report, read_report
from pipeline.domain.commitment import CommitmentReport, why_not_kept
from pipeline.domain.errors import DatabaseUnavailable


def item(uid: str, reason: int | None = None) -> Dataset:
    made = Dataset()
    made.ReferencedSOPClassUID, made.ReferencedSOPInstanceUID = "1.2", uid
    if reason is not None:
        made.FailureReason = reason
    return made


def information(kept: tuple[str, ...] = (), failed: tuple[tuple[str, int], ...] = ()) -> Dataset:
    made = Dataset()
    made.TransactionUID = "2.25.7"
    made.ReferencedSOPSequence = [item(uid) for uid in kept]
    if failed:
        made.FailedSOPSequence = [item(*one) for one in failed]
    return made


def test_kept_and_failed_objects_are_told_apart_and_failure_wins() -> None:
    report = read_report(information(("1.1", "1.2"), (("1.2", 0x0112),)))
    assert report == CommitmentReport("2.25.7", frozenset({"1.1"}), {"1.2": 0x0112})
    assert why_not_kept(0x0112) == "the system does not keep it: it has no such object (0112)"


def test_success_is_answered_once_it_is_written_down() -> None:
    written: list[CommitmentReport] = []
    assert answer_report(SimpleNamespace(event_information=information(("1.1",))), written.append) == 0
    assert len(written) == 1


def nameless() -> Dataset:
    made = information(("1.1",))
    del made.TransactionUID
    return made


@pytest.mark.parametrize("event", [information(("1.1",)), nameless()])
def test_what_cannot_be_written_down_is_answered_with_a_failure(event: Dataset) -> None:
    def told(_: CommitmentReport) -> None:
        raise DatabaseUnavailable

    asker, keeper = AE(), AE()
    asker.add_supported_context(StorageCommitmentPushModel)
    keeper.add_requested_context(StorageCommitmentPushModel)
    server = asker.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[(evt.EVT_N_EVENT_REPORT, lambda event: (answer_report(event, told), None))],
    )
    association = keeper.associate(*server.server_address)
    keep_answers(association)
    status, _ = association.send_n_event_report(event, 1, StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1")
    association.release()
    server.shutdown()
    assert status.Status == 0x0110
