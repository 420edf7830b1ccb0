"""What a peer may send: a quota is answered with its reason, a rate slows down and loses nothing."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from dicom_node.peers.peer import Peer
from dicom_node.scu.association import associate, echo
from dicom_node.scu.commitment import StorageCommitmentPushModel
from dicom_node.scu.outgoing import Outgoing, read_outgoing
from dicom_node.scu.send import Outcome, send
from dicom_node.vault.part10 import encode_plain_head
from pipeline.domain.errors import PeerUnreachable
from pipeline.domain.peer import PeerRules
from pipeline.testing.data_sets import CTImageStorage, ExplicitVRLittleEndian, data_set
from pipeline.testing.running_node import running_node

BESIDE = {"ours": [], "theirs": [(StorageCommitmentPushModel, ExplicitVRLittleEndian)]}


def _files(folder: Path, count: int) -> list[Outgoing]:
    made = []
    for number in range(count):
        uid, path = f"1.2.3.{number}", folder / f"{number}.dcm"
        body = data_set(sop_instance=uid, pixels=bytes(1000))
        path.write_bytes(encode_plain_head(CTImageStorage, uid, ExplicitVRLittleEndian) + body)
        made.append(read_outgoing(path))
    return made


def _peer(**rules: object) -> Peer:
    return Peer("carhaix", "CT1", "127.0.0.1", 104, PeerRules(**rules))  # type: ignore[arg-type]


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
def test_beyond_its_quota_a_peer_is_told_so_and_others_are_not_touched(
    tmp_path: Path, beside: list[tuple[str, str]]
) -> None:
    with running_node(tmp_path, peers=(_peer(bytes_a_day=1500),)) as node:
        association = associate(node.target("CT1"), [(CTImageStorage, ExplicitVRLittleEndian), *beside])
        answers = [association.send_c_store(file.path) for file in _files(tmp_path, 3)]
        association.release()
        assert [one.Status for one in answers] == [0x0000, 0x0000, 0xA700]
        assert "quota" in answers[2].ErrorComment
        assert all(one.stored for one in send(_files(tmp_path, 1), node.target("LAPTOP")))


def test_a_peer_with_a_rate_waits_for_its_answers_and_a_stop_lets_it_go(tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    with running_node(tmp_path, peers=(_peer(images_per_second=0.001),)) as node:
        files = _files(tmp_path, 1)
        sender = threading.Thread(target=lambda: outcomes.extend(send(files, node.target("CT1"))))
        sender.start()
        node.wait_for(lambda: len(node.index.receipts) == 1)
        began = time.monotonic()
        node.node.stop(20.0)
        sender.join(30)
        assert time.monotonic() - began < 25
    assert [one.stored for one in outcomes] == [True]


def test_a_disabled_peer_is_rejected_with_the_reason_of_the_standard(tmp_path: Path) -> None:
    with running_node(tmp_path, peers=(_peer(enabled=False),)) as node:
        with pytest.raises(PeerUnreachable, match="does not know the calling AE title"):
            echo(node.target("CT1"))
        echo(node.target("LAPTOP"))


def test_an_association_that_was_silent_is_answered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of pynetdicom's, which doze meanwhile; here they never do anything else."""
    monkeypatch.setattr("dicom_node.server.dozing.DOZE_AFTER_S", -1.0)
    with running_node(tmp_path) as node:
        association = associate(node.target(), [(CTImageStorage, ExplicitVRLittleEndian), *BESIDE["theirs"]])
        answers = [association.send_c_store(file.path) for file in _files(tmp_path, 3)]
        association.release()
        assert [one.Status for one in answers] == [0x0000] * 3
        node.wait_for(lambda: bool(node.index.closed()))
