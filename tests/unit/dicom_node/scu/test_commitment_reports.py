"""What another system says it keeps, read from its N-EVENT-REPORT; success is answered only once it is written down."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pydicom import Dataset

from dicom_node.scu.commitment import answer_report, read_report
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


@pytest.mark.parametrize(
    ("event", "error", "status"),
    [
        (information(("1.1",)), None, 0x0000),
        (information(("1.1",)), DatabaseUnavailable(), 0x0110),
        (Dataset(), None, 0x0110),
    ],
)
def test_success_is_answered_only_once_it_is_written_down(event: Dataset, error: Exception | None, status: int) -> None:
    def told(_: CommitmentReport) -> None:
        if error is not None:
            raise error

    assert answer_report(SimpleNamespace(event_information=event), told) == status
