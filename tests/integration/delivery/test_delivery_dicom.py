"""Results go back by C-STORE: sent only when the PACS said so, committed only when it said that too."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom import dcmread
from sqlalchemy import select

from dicom_node.tls import TlsFiles, server_context
from pipeline.clerk.delivery.attempt import MOST_PARCELS
from pipeline.database.deliveries import claim_parcels, write_down_commitment
from pipeline.database.delivery_tables import destination, storage_commitment
from pipeline.database.destinations import turn_off
from pipeline.database.owing import owe
from pipeline.database.resending import resend
from pipeline.database.tables import case, event
from pipeline.domain.commitment import CommitmentReport
from pipeline.domain.delivery import LEASE, PATIENCE
from pipeline.domain.destination import DeliverWhen, DeliveryEvent
from pipeline.testing.depot import Depot
from pipeline.testing.running import eventually, free_port
from pipeline.testing.running_node import running_node
from pipeline.testing.systems import orthanc, storescp


def kinds(depot: Depot) -> list[str]:
    with depot.engine.connect() as connection:
        return list(connection.execute(select(event.c.kind).order_by(event.c.id)).scalars())


def warnings(depot: Depot) -> list[dict[str, Any]]:
    with depot.engine.connect() as connection:
        return list(connection.execute(select(case.c.warnings)).scalar_one())


def test_nothing_is_owed_to_anybody_until_an_administrator_turned_a_destination_on(depot: Depot) -> None:
    depot.result()
    depot.courier.look()
    depot.peer_on(free_port(), DeliverWhen.SIGNED)
    depot.courier.look()
    assert depot.rows() == []


def test_results_made_before_a_destination_was_turned_on_or_of_another_hospital_are_not_owed(depot: Depot) -> None:
    depot.result(1)
    depot.later(seconds=10)
    depot.peer_on(free_port())
    depot.result(2, site="brest")
    depot.courier.look()
    assert depot.rows() == []


def test_a_signed_opinion_makes_the_current_results_owed_once(depot: Depot) -> None:
    depot.peer_on(free_port(), DeliverWhen.SIGNED)
    depot.result()
    with depot.engine.begin() as connection:
        case_id = connection.execute(select(case.c.id)).scalar_one()
        assert owe(connection, case_id, DeliveryEvent.ANALYSIS_COMMITTED, depot.now) == 0
        assert owe(connection, case_id, DeliveryEvent.OPINION_SIGNED, depot.now) == 1
        assert owe(connection, case_id, DeliveryEvent.OPINION_SIGNED, depot.now) == 0
    assert depot.one().event == "opinion_signed"


@pytest.mark.needs_dcmtk
def test_a_pacs_that_is_down_gets_its_results_once_it_is_back(depot: Depot, tmp_path: Path) -> None:
    port = free_port()
    depot.peer_on(port)
    ours = depot.result()
    failed = depot.look_until("failed_will_retry")
    assert "nothing listens on this port" in failed.why
    assert failed.sent_at is None
    with storescp(tmp_path, port) as inbox:
        depot.courier.look()
        assert depot.one().state == "failed_will_retry"  # its time has not come
        depot.later(seconds=20)
        sent = depot.look_until("sent")
        (file,) = inbox.iterdir()
    assert dcmread(file).SOPInstanceUID == ours.SOPInstanceUID
    assert (sent.sent_at, sent.attempts) == (depot.now, 2)
    assert sent.next_at is None  # storescp has no storage commitment: its success is all there will be
    assert kinds(depot)[-1] == "delivered"


def test_a_pacs_that_stays_away_is_given_up_and_a_person_is_told(depot: Depot) -> None:
    depot.peer_on(free_port())
    depot.result()
    depot.look_until("failed_will_retry")
    depot.later(seconds=PATIENCE.total_seconds())
    depot.look_until("given_up")
    assert [one["code"] for one in warnings(depot)] == ["delivery_given_up"]
    assert kinds(depot)[-1] == "delivery_given_up"
    with depot.engine.begin() as connection:
        assert resend(connection, depot.one().id, depot.now) is not None
    assert warnings(depot) == []
    assert depot.one().state == "owed"


@pytest.mark.needs_dcmtk
def test_what_a_killed_clerk_had_in_hand_is_sent_by_the_next_one(depot: Depot, tmp_path: Path) -> None:
    port = free_port()
    depot.peer_on(port)
    depot.result()
    with storescp(tmp_path, port):
        with depot.engine.begin() as connection:
            pacs = connection.execute(select(destination.c.id)).scalar_one()
            connection.execute(destination.update().values(deliver_when="off"))
        depot.courier.look()
        with depot.engine.begin() as connection:
            connection.execute(destination.update().values(deliver_when="unsigned"))
        owe_first = depot.new_courier()
        owe_first.look()  # makes it owed, and may begin at once
        eventually(owe_first.idle, "the first clerk is done")
        with depot.engine.begin() as connection:
            resend(connection, depot.one().id, depot.now)
            assert len(claim_parcels(connection, pacs, depot.now, MOST_PARCELS)) == 1  # and now it dies
        depot.courier.look()
        assert depot.one().state == "sending"
        depot.later(seconds=LEASE.total_seconds())
        depot.courier.look()
        assert depot.one().why == "the attempt was interrupted"
        depot.later(seconds=20)
        depot.look_until("sent")


def test_a_destination_that_is_turned_off_keeps_what_it_is_owed_for_later(depot: Depot) -> None:
    depot.peer_on(free_port())
    depot.result()
    depot.look_until("failed_will_retry")
    with depot.engine.begin() as connection:
        assert turn_off(connection, "PACS1")
    depot.later(hours=2)
    before = depot.one()
    depot.courier.look()
    eventually(depot.courier.idle, "nothing is being sent")
    assert depot.one() == before


def test_a_newer_result_takes_the_place_of_one_that_never_arrived(depot: Depot) -> None:
    depot.peer_on(free_port())
    depot.result(1)
    depot.look_until("failed_will_retry")
    depot.later(seconds=1)
    depot.result(2, version=2)
    depot.look_until("withdrawn", "failed_will_retry")
    assert [row.state for row in depot.rows()] == ["withdrawn", "failed_will_retry"]


@pytest.mark.needs_orthanc
def test_orthanc_is_asked_for_commitment_and_its_word_alone_makes_a_delivery_committed(
    depot: Depot, tmp_path: Path
) -> None:
    told = partial(write_down_commitment, depot.engine, lambda: depot.now)
    port = free_port()
    with running_node(tmp_path / "node", committed=told) as node, orthanc(tmp_path, port, node.node.port) as pacs:
        depot.peer_on(port)
        ours = depot.result()
        committed = depot.look_until("committed")
        held = httpx.post(f"{pacs}/tools/lookup", content=ours.SOPInstanceUID).json()
    assert len(held) == 1
    assert committed.sent_at == committed.committed_at == depot.now
    assert committed.next_at is None


def test_what_a_pacs_says_it_does_not_keep_is_sent_again(depot: Depot) -> None:
    depot.peer_on(free_port())
    ours = depot.result()
    depot.look_until("failed_will_retry")
    with depot.engine.begin() as connection:
        one = depot.one()
        connection.execute(
            storage_commitment.insert().values(transaction_uid="2.25.1", destination_id=one.destination_id)
        )
        connection.exec_driver_sql("UPDATE delivery SET state = 'sent', sent_at = now(), next_at = NULL")
    report = CommitmentReport("2.25.1", not_kept={ours.SOPInstanceUID: 0x0112})
    write_down_commitment(depot.engine, lambda: depot.now, report)
    again = depot.one()
    assert (again.state, again.sent_at) == ("failed_will_retry", None)
    assert "it has no such object" in again.why


def test_a_commitment_nobody_asked_for_changes_nothing(depot: Depot) -> None:
    depot.peer_on(free_port())
    ours = depot.result()
    before = depot.look_until("failed_will_retry")
    write_down_commitment(depot.engine, lambda: depot.now, CommitmentReport("2.25.2", frozenset({ours.SOPInstanceUID})))
    assert depot.one() == before


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_pacs_that_speaks_tls_gets_results_over_tls_and_one_nobody_vouches_for_gets_none(
    depot: Depot, tmp_path: Path
) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    subprocess.run([*make, "-keyout", key, "-out", cert, *subject], check=True, capture_output=True)
    with running_node(tmp_path / "pacs", tls=server_context(TlsFiles(cert, key))) as pacs:
        depot.peer_on(pacs.node.port, tls=True)  # trusts this machine's own list only
        depot.result()
        assert depot.look_until("failed_will_retry").sent_at is None
        depot.peer_on(pacs.node.port, tls=True, ca_path=str(cert))
        depot.later(seconds=20)
        assert depot.look_until("sent").attempts == 2
