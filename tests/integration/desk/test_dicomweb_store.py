"""STOW-RS: what is said to be stored is in the vault of the token's hospital, and waits there for the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx

from dicom_node.vault.part10 import encode_plain_head
from dicom_node.vault.simple import SimpleVault
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice, uid
from pipeline.testing.running_node import running_node
from review_ui.dicomweb.receiving import Bounds, Receiver

CT = "1.2.840.10008.5.1.4.1.1.2"
KIND = 'multipart/related; type="application/dicom"; boundary="here"'


def part10(one: TinySlice, sop_class: str = CT) -> bytes:
    return encode_plain_head(sop_class, one.SOPInstanceUID, TRANSFER_SYNTAX) + one.encoded()


def body(parts: Sequence[bytes]) -> bytes:
    pieces = [b"--here\r\nContent-Type: application/dicom\r\n\r\n" + part + b"\r\n" for part in parts]
    return b"".join(pieces) + b"--here--\r\n"


def stow(desk: Any, parts: Sequence[bytes], path: str = "/dicom-web/studies", **headers: str) -> httpx.Response:
    sent = desk.system(read=False, store=True) if "authorization" not in headers else {}
    with httpx.Client(base_url=desk.address, timeout=30, trust_env=False) as client:
        return client.post(path, content=body(parts), headers={"Content-Type": KIND, **sent, **headers})


def test_what_is_stored_is_in_the_vault_and_reaches_the_desk(desk: Any) -> None:
    slices = [TinySlice(number=1), TinySlice(number=2)]
    answer = stow(desk, [part10(one) for one in slices])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/dicom+json")
    module = answer.json()
    assert module["00081190"]["Value"] == [f"{desk.address}/dicom-web/studies/{uid('study')}"]
    stored = [one["00081155"]["Value"][0] for one in module["00081199"]["Value"]]
    assert stored == [one.SOPInstanceUID for one in slices]
    assert "00081198" not in module
    # As the node's index finds it, also after a crash of both.
    pending = list(SimpleVault(desk.vault_root, watermark=1.0).pending())
    assert {(one.arrival.site_id, one.arrival.peer_ae_title[:5]) for one in pending} == {("carhaix", "PACS-")}
    desk.index.record(pending)
    shown = desk.client("carhaix").get(f"/dicom-web/studies/{uid('study')}/series").json()
    assert shown[0]["00201209"]["Value"] == [2]
    assert desk.vault.read(pending[0].path)[:128] == bytes(128)
    assert desk.client("brest").get("/dicom-web/studies").json() == []


def test_a_node_that_runs_on_the_vault_hears_of_what_was_stored(desk: Any) -> None:
    with running_node(desk.settings.folders.root) as running:
        assert stow(desk, [part10(TinySlice())]).status_code == 200
        running.wait_for(lambda: len(running.index.receipts) == 1)
        (receipt,) = running.index.receipts.values()
        assert receipt.arrival.SOPInstanceUID == TinySlice().SOPInstanceUID


def test_each_object_gets_its_own_answer(desk: Any) -> None:
    good, other = TinySlice(number=1), TinySlice(study="other")
    bad = [b"no DICOM at all", part10(TinySlice(number=3), sop_class="1.2.840.10008.5.1.4.1.1.4"), part10(other)]
    mixed = stow(desk, [part10(good), *bad], path=f"/dicom-web/studies/{uid('study')}")
    assert mixed.status_code == 202
    assert [one["00081155"]["Value"][0] for one in mixed.json()["00081199"]["Value"]] == [good.SOPInstanceUID]
    failed = mixed.json()["00081198"]["Value"]
    assert [one["00081197"]["Value"][0] for one in failed] == [0xC000, 0xA900, 0xA900]
    none = stow(desk, bad[:1])
    assert none.status_code == 409
    again = stow(desk, [part10(good)])
    assert again.status_code == 200  # the same bytes twice are success, stored once


def test_who_may_not_store_stores_nothing(desk: Any) -> None:
    parts = [part10(TinySlice())]
    reads = desk.system()
    assert stow(desk, parts, authorization=reads["Authorization"]).status_code == 403
    assert stow(desk, parts, authorization="Bearer guessed").status_code == 401
    client = desk.client("expert")
    assert client.post("/dicom-web/studies", content=body(parts), headers={"Content-Type": KIND}).status_code == 401
    assert list(SimpleVault(desk.vault_root, watermark=1.0).pending()) == []


def test_bodies_beyond_the_bounds_are_refused_and_what_was_stored_before_stays(desk: Any) -> None:
    token = {"authorization": desk.system(read=False, store=True)["Authorization"]}
    desk_ = desk.app.state.desk
    small = Bounds(object_bytes=64 * 1024, body_bytes=1 << 20, memory_bytes=512 * 1024)
    desk.app.state.desk = replace(desk_, receiver=Receiver(desk.vault_root, 1.0, desk.clock, small))
    first, large = part10(TinySlice()), part10(TinySlice(number=2, side=256))
    assert stow(desk, [first, large], **token).status_code == 413
    assert len(list(SimpleVault(desk.vault_root, watermark=1.0).pending())) == 1
    assert stow(desk, [bytes(2 << 20)], **token).status_code == 413  # said before a byte of it is read
    with httpx.Client(base_url=desk.address, timeout=30, trust_env=False) as client:
        headers = {"Content-Type": KIND, "Authorization": token["authorization"]}
        cut = client.post("/dicom-web/studies", content=body([first])[:-12], headers=headers)
        assert cut.status_code == 400
        assert client.post("/dicom-web/studies", content=b"x", headers=headers).status_code == 400
        wrong = headers | {"Content-Type": "application/json"}
        assert client.post("/dicom-web/studies", content=b"x", headers=wrong).status_code == 415
    assert stow(desk, [first], **token).status_code == 200  # the memory was given back


def test_a_full_disk_is_said_and_may_be_tried_again(desk: Any) -> None:
    desk.app.state.desk = replace(desk.app.state.desk, receiver=Receiver(desk.vault_root, 0.0, desk.clock))
    answer = stow(desk, [part10(TinySlice())])
    assert answer.status_code == 503
    assert answer.json()["00081198"]["Value"][0]["00081197"]["Value"] == [0xA700]
