"""The door, over real associations on loopback."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pydicom.data import get_testdata_files

from dicom_node.admission import DoorPolicy
from dicom_node.caller import Caller
from dicom_node.peers.peer import Peer
from dicom_node.scu.association import associate, echo
from dicom_node.scu.commitment import StorageCommitmentPushModel
from dicom_node.scu.outgoing import Outgoing, read_outgoing
from dicom_node.scu.send import Outcome, send
from dicom_node.server.node import NodeLimits
from dicom_node.server.reception import Session
from dicom_node.vault.files import OsFiles
from dicom_node.vault.held import HeldDataSet
from dicom_node.vault.part10 import encode_plain_head
from dicom_node.vault.simple import SimpleVault
from pipeline.domain.errors import BadInput, PeerUnreachable
from pipeline.domain.receipt import Arrival, Receipt
from pipeline.testing.data_sets import CTImageStorage, ExplicitVRLittleEndian, data_set
from pipeline.testing.running_node import RunningNode, running_node

needs_dcmtk = pytest.mark.needs_dcmtk


@pytest.fixture
def node(tmp_path: Path) -> Iterator[RunningNode]:
    with running_node(tmp_path) as running:
        yield running


def _file(folder: Path, body: bytes, uid: str = "1.2.3.1", sop_class: str = CTImageStorage) -> Outgoing:
    path = folder / f"{len(list(folder.glob('*.dcm')))}.dcm"
    path.write_bytes(encode_plain_head(sop_class, uid, ExplicitVRLittleEndian) + body)
    return read_outgoing(path)


def _series(folder: Path, count: int) -> list[Outgoing]:
    return [_file(folder, data_set(sop_instance=f"1.2.3.{n}", pixels=bytes(1000)), f"1.2.3.{n}") for n in range(count)]


def _stored(outcomes: Sequence[Outcome]) -> list[bool]:
    return [outcome.stored for outcome in outcomes]


def test_an_image_is_kept_byte_for_byte_and_indexed_before_its_association_is_closed(
    node: RunningNode, tmp_path: Path
) -> None:
    body = data_set(pixels=bytes(range(256)) * 4000)
    assert _stored(send([_file(tmp_path, body)], node.target())) == [True]
    node.wait_for(lambda: len(node.index.closed()) == 1)
    (receipt,) = node.index.receipts.values()
    assert node.vault.read(receipt.path).endswith(body)
    assert node.index.happened == [receipt.path, f"closed {receipt.arrival.association_id}"]
    assert list(node.vault.pending()) == []


def test_echo_is_answered(node: RunningNode) -> None:
    echo(node.target())


def test_what_a_known_peer_sends_belongs_to_its_site_and_what_another_sends_here_is_local(tmp_path: Path) -> None:
    with running_node(tmp_path, peers=(Peer("carhaix", "CT1", "127.0.0.1", 104),)) as node:
        send([_file(tmp_path, data_set())], node.target("CT1"))
        send([_file(tmp_path, data_set())], node.target("LAPTOP"))
        node.wait_for(lambda: len(node.index.receipts) == 2)
        sites = {one.arrival.peer_ae_title: one.arrival.site_id for one in node.index.receipts.values()}
    assert sites == {"CT1": "carhaix", "LAPTOP": "local"}


def test_the_same_image_twice_is_stored_once(node: RunningNode, tmp_path: Path) -> None:
    file = _file(tmp_path, data_set(pixels=b"abcd"))
    assert _stored(send([file, file], node.target())) == [True, True]
    node.wait_for(lambda: bool(node.index.closed()))
    assert len(node.index.receipts) == 1


def test_other_bytes_under_one_uid_are_both_kept(node: RunningNode, tmp_path: Path) -> None:
    files = [_file(tmp_path, data_set(pixels=pixels)) for pixels in (b"ab", b"cd")]
    assert _stored(send(files, node.target())) == [True, True]
    node.wait_for(lambda: len(node.index.receipts) == 2)


@pytest.mark.parametrize("uid", ["../../x", "1.2." * 50 + "1", "/etc/passwd", "%n%s"])
def test_a_hostile_uid_is_stored_inside_the_vault(node: RunningNode, tmp_path: Path, uid: str) -> None:
    before = {path for path in tmp_path.rglob("*") if "vault" not in path.parts}
    file = _file(tmp_path, data_set(sop_instance=uid, study=uid, series=uid), uid)
    assert _stored(send([file], node.target())) == [True]
    after = {path for path in tmp_path.rglob("*") if "vault" not in path.parts}
    assert after - before == {file.path}


def test_a_uid_with_a_nul_is_refused_with_a_reason(node: RunningNode, tmp_path: Path) -> None:
    file = _file(tmp_path, data_set(study="1.2\0.3"))
    (outcome,) = send([file], node.target())
    assert (outcome.status, outcome.why) == (0xC000, "An identifier holds control characters.")


def test_an_image_without_pixels_and_one_of_absurd_size_are_stored(node: RunningNode, tmp_path: Path) -> None:
    files = [_file(tmp_path, data_set()), _file(tmp_path, data_set(rows_columns=(70_000, 70_000), pixels=b"ab"))]
    assert _stored(send(files, node.target())) == [True, True]


def test_a_private_sop_class_is_stored(node: RunningNode, tmp_path: Path) -> None:
    file = _file(tmp_path, data_set(sop_class="1.3.12.2.1107.5.9.1"), sop_class="1.3.12.2.1107.5.9.1")
    assert _stored(send([file], node.target())) == [True]


def test_a_data_set_of_another_class_than_its_command_is_refused(node: RunningNode, tmp_path: Path) -> None:
    path = tmp_path / "lying.dcm"
    path.write_bytes(encode_plain_head("1.2.840.10008.5.1.4.1.1.4", "1.2.3.1", ExplicitVRLittleEndian) + data_set())
    lying = Outgoing(path, "1.2.840.10008.5.1.4.1.1.4", "1.2.3.1", ExplicitVRLittleEndian, 0, whole=True)
    (outcome,) = send([lying], node.target())
    assert outcome.status == 0xA900


def test_a_data_set_of_another_instance_than_its_command_is_kept_under_its_own_uid(
    node: RunningNode, tmp_path: Path
) -> None:
    path = tmp_path / "renamed.dcm"
    path.write_bytes(encode_plain_head(CTImageStorage, "9.9", ExplicitVRLittleEndian) + data_set())
    (outcome,) = send([Outgoing(path, CTImageStorage, "9.9", ExplicitVRLittleEndian, 0, whole=True)], node.target())
    assert outcome.stored
    node.wait_for(lambda: len(node.index.receipts) == 1)
    assert [one.arrival.SOPInstanceUID for one in node.index.receipts.values()] == ["1.2.3.1"]


class FullDisk(OsFiles):
    """Has room for a few bytes of each file."""

    def write_all(self, descriptor: int, data: bytes | memoryview) -> None:
        os.write(descriptor, data[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_answers_out_of_resources_and_leaves_nothing(tmp_path: Path) -> None:
    vault = SimpleVault(tmp_path / "vault", watermark=1.0, files=FullDisk())
    with running_node(tmp_path, vault=vault) as node:
        (outcome,) = send([_file(tmp_path, data_set())], node.target())
    assert outcome.status == 0xA700
    assert outcome.why == "The disk failed: No space left on device."
    assert [path for path in (tmp_path / "vault").rglob("*") if path.is_file()] == []


def test_above_the_watermark_the_answer_is_out_of_resources(tmp_path: Path) -> None:
    vault = SimpleVault(tmp_path / "vault", watermark=0.0)
    with running_node(tmp_path, vault=vault) as node:
        (outcome,) = send([_file(tmp_path, data_set())], node.target())
    assert outcome.status == 0xA700


def test_a_data_set_above_the_limit_is_refused_and_the_next_one_is_stored(tmp_path: Path) -> None:
    with running_node(tmp_path, largest_data_set=1 << 20) as node:
        files = [_file(tmp_path, data_set(pixels=bytes(size))) for size in (4 << 20, 1000)]
        outcomes = send(files, node.target())
    assert [outcome.status for outcome in outcomes] == [0xA700, 0x0000]


@pytest.mark.parametrize("beside", [[], [(StorageCommitmentPushModel, ExplicitVRLittleEndian)]], ids=["ours", "theirs"])
def test_what_comes_in_at_one_time_has_a_limit_and_is_answered_so(
    tmp_path: Path, beside: list[tuple[str, str]]
) -> None:
    limits = NodeLimits(most_associations=4, memory=8 << 20, idle_s=60, pdu_s=20)
    with running_node(tmp_path, limits=limits) as node:
        association = associate(node.target(), [(CTImageStorage, ExplicitVRLittleEndian), *beside])
        answers = [
            association.send_c_store(_file(tmp_path, data_set(sop_instance=f"1.2.{size}", pixels=bytes(size))).path)
            for size in (16 << 20, 1 << 20, 1 << 20)
        ]
        association.release()
    assert [answer.Status for answer in answers] == [0xA700, 0x0000, 0x0000]
    assert "send again later" in answers[0].ErrorComment


def test_storing_goes_on_while_the_database_is_down_and_the_index_catches_up(node: RunningNode, tmp_path: Path) -> None:
    node.index.available = False
    assert all(_stored(send(_series(tmp_path, 30), node.target())))
    assert node.index.receipts == {}
    node.index.available = True
    node.wait_for(lambda: len(node.index.receipts) == 30 and len(node.index.closed()) == 1)


def test_a_caller_with_the_wrong_called_name_is_rejected_with_the_reason(tmp_path: Path) -> None:
    with running_node(tmp_path, policy=DoorPolicy("NEUROVIGIE", check_called_ae=True)) as node:
        with pytest.raises(PeerUnreachable, match="does not answer to the called AE title OTHER"):
            echo(node.target(called="OTHER"))
        echo(node.target())


def test_a_caller_with_too_many_associations_is_told_to_come_back(tmp_path: Path) -> None:
    with running_node(tmp_path, policy=DoorPolicy("NEUROVIGIE", most_associations_of_peer=1)) as node:
        first = associate(node.target(), [(CTImageStorage, ExplicitVRLittleEndian)])
        with pytest.raises(PeerUnreachable, match="congested"):
            echo(node.target())
        first.release()


def test_callers_who_come_together_get_no_more_places_than_there_are(node: RunningNode) -> None:
    reception = node.node._reception
    together = threading.Barrier(40)
    admitted: list[bool] = []

    def call(number: int) -> None:
        caller = Caller("SCANNER", "NEUROVIGIE", f"127.0.0.{number % 2 + 1}")
        together.wait(10)
        admitted.append(isinstance(reception.admit(caller), Session))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sum(admitted) == 32


def test_a_connection_for_which_the_machine_has_no_thread_is_not_counted_on(
    node: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as short:
        short.setattr("socketserver.ThreadingMixIn.process_request", refuse)
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", node.node.port), timeout=10) as line:
                assert line.recv(1) == b""
    assert node.node._server._connections.total() == 0
    echo(node.target())


@pytest.mark.parametrize("beside", [[], [(StorageCommitmentPushModel, ExplicitVRLittleEndian)]], ids=["ours", "theirs"])
def test_only_an_association_that_was_released_is_evidence_for_the_index(
    node: RunningNode, tmp_path: Path, beside: list[tuple[str, str]]
) -> None:
    """By both upper layers."""
    for name, end in (("CUT", "abort"), ("DONE", "release")):
        association = associate(node.target(name), [(CTImageStorage, ExplicitVRLittleEndian), *beside])
        association.send_c_store(_file(tmp_path, data_set(pixels=name.encode() * 2)).path)
        getattr(association, end)()
    node.wait_for(lambda: len(node.index.receipts) == 2 and bool(node.index.closed()))
    released = {one.arrival.peer_ae_title: one.arrival.association_id for one in node.index.receipts.values()}["DONE"]
    assert node.index.closed() == [released]


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">BBL", 1, 0, 0xFFFFFFFF) + b"x" * 100,
        struct.pack(">BBL", 4, 0, 6) + struct.pack(">LBB", 2, 1, 3),
        struct.pack(">BBL", 1, 0, 10) + b"\0\1" + b"\xff" * 8,
        b"",
    ],
)
def test_nonsense_on_the_line_ends_that_connection_and_no_other(
    node: RunningNode, tmp_path: Path, bytes_sent: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", node.node.port), timeout=10) as line:
        line.sendall(bytes_sent)
        assert _stored(send([_file(tmp_path, data_set())], node.target())) == [True]


class SlowVault(SimpleVault):
    """Says when it has begun, and goes on when it is let."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, watermark=1.0)
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def keep(self, held: HeldDataSet, arrival: Arrival) -> Receipt:
        self.begun.set()
        self.may_end.wait(10)
        return super().keep(held, arrival)


def test_a_node_that_stops_answers_the_image_in_hand(tmp_path: Path) -> None:
    vault = SlowVault(tmp_path / "vault")
    outcomes: list[Outcome] = []
    with running_node(tmp_path, vault=vault) as node:
        file = _file(tmp_path, data_set())
        sender = threading.Thread(target=lambda: outcomes.extend(send([file], node.target())))
        sender.start()
        assert vault.begun.wait(10)
        stopper = threading.Thread(target=node.node.stop, args=(10.0,))
        stopper.start()
        vault.may_end.set()
        stopper.join(20)
        sender.join(20)
    assert _stored(outcomes) == [True]


def test_every_file_of_pydicom_is_stored_or_refused_with_a_reason(node: RunningNode) -> None:
    files: list[Outgoing] = []
    unsent: list[str] = []
    for path in map(Path, get_testdata_files()):
        if not path.is_file():
            continue
        try:
            files.append(read_outgoing(path))
        except BadInput as exc:
            unsent.append(str(exc))
    outcomes = send(files, node.target())
    assert len(outcomes) == len(files) > 30
    assert all(outcome.stored or outcome.why for outcome in outcomes)
    assert all(unsent)
    echo(node.target())


@needs_dcmtk
@pytest.mark.skipif(shutil.which("storescu") is None, reason="DCMTK's storescu is not installed")
def test_dcmtk_stores_and_echoes(node: RunningNode, tmp_path: Path) -> None:
    files = [str(file.path) for file in _series(tmp_path, 20)]
    port = str(node.node.port)
    subprocess.run(["echoscu", "127.0.0.1", port], check=True)
    subprocess.run(["storescu", "127.0.0.1", port, *files], check=True)
    node.wait_for(lambda: len(node.index.receipts) == 20)


def test_two_senders_at_once_lose_nothing(node: RunningNode, tmp_path: Path) -> None:
    assert all(_stored(send(_series(tmp_path, 40), node.target(), associations=4)))
    node.wait_for(lambda: len(node.index.receipts) == 40 and len(node.index.closed()) == 4)
