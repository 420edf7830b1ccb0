"""From a draft with suggestions to a signed answer that its hospital reads at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from pipeline.database.calling_tables import escalation
from pipeline.database.delivery_tables import delivery, destination
from pipeline.database.tables import analysis, event, finding, result_object, series
from pipeline.testing.instances import TinySlice

ASKED: dict[str, Any] = {
    "patient": {"family_name": "Doe", "given_name": "Jane", "patient_id": "P1", "birth_date": "19500101"},
    "urgency": "urgent",
    "requester": "Dr Morvan",
    "call_back": "+33 2 98 00 00 00",
}


def analysed(desk: Any) -> str:
    """A case of Carhaix with a bleed that a model marked, a request, and a result that a PACS may be owed."""
    desk.receive(TinySlice(patient_name="Doe^Jane"))
    ((series_id,),) = desk.execute(select(series.c.id))
    made = insert(analysis).values(series_id=series_id, version=1, state="analysed").returning(analysis.c.id)
    ((analysis_id,),) = desk.execute(made)
    bleed = {"kind": "haemorrhage", "volume_ml": 12.3, "side": "left", "confidence": 0.9, "label": 1, "site": "IPH"}
    desk.execute(insert(finding).values(analysis_id=analysis_id, **bleed))
    ours = {"analysis_id": analysis_id, "sop_instance_uid": "1.2", "series_instance_uid": "1", "kind": "seg"}
    desk.execute(insert(result_object).values(path="x", sha256="", **ours))
    pacs = {"name": "A", "kind": "stow", "url": "https://pacs.example", "site_id": "carhaix", "deliver_when": "signed"}
    desk.execute(insert(destination).values(on_since=desk.clock.now, **pacs))
    made = desk.client("carhaix").post("/api/v1/requests", json=ASKED).raise_for_status()
    return str(made.json()["case"])


def test_suggestions_are_confirmed_by_a_person_signed_read_at_once_and_amended_with_a_reason(desk: Any) -> None:
    case_id = analysed(desk)
    expert, carhaix = desk.client("expert"), desk.client("carhaix")
    opinions = f"/api/v1/cases/{case_id}/opinions"
    begun = expert.post(opinions).json()
    assert expert.post(opinions).json()["id"] == begun["id"]
    path = f"/api/v1/opinions/{begun['id']}"
    content = begun["draft"]["said"]["content"]
    assert content["haemorrhage"] == {
        "present": True, "sites": ["IPH"], "side": "left", "volume_ml": 12.3,
        "midline_shift_mm": None, "spot_sign": None,
    }  # fmt: skip
    assert set(begun["draft"]["unconfirmed"]) == {
        f"haemorrhage.{name}" for name in ("present", "sites", "side", "volume_ml")
    }
    assert carhaix.get(opinions).json() == []

    content |= {"recommendations": ["neurosurgery"], "conclusion": "Clot of the left putamen."}
    content["ischaemia"]["aspects"] = ["M1", "I"]
    draft = {"revision": 1, "content": content, "confirmed": ["haemorrhage.present", "haemorrhage.sites"]}
    written = expert.put(f"{path}/draft", json=draft).json()
    assert (written["revision"], written["draft"]["said"]["aspects_score"]) == (2, 8)
    stale = expert.put(f"{path}/draft", json=draft)
    assert (stale.status_code, stale.json()["current"]["revision"]) == (409, 2)
    refused = expert.post(f"{path}/sign", json={"revision": 2})
    assert (refused.status_code, refused.json()["lacking"]) == (409, ["unconfirmed"])
    draft |= {"revision": 2, "confirmed": written["draft"]["unconfirmed"]}
    expert.put(f"{path}/draft", json=draft).raise_for_status()
    signed = expert.post(f"{path}/sign", json={"revision": 3}).json()
    assert (signed["draft"], signed["versions"][0]["number"]) == (None, 1)

    (read,) = carhaix.get(opinions).json()
    assert read["versions"][0]["said"]["content"]["recommendations"] == ["neurosurgery"]
    assert carhaix.get(f"/api/v1/cases/{case_id}/requests").json()[0]["state"] == "answered"
    assert {row.phase for row in desk.execute(select(escalation.c.phase))} == {"ended"}
    assert [row.event for row in desk.execute(select(delivery.c.event))] == ["opinion_signed"]
    assert desk.execute(select(event.c.kind).order_by(event.c.id.desc()).limit(1))[0].kind == "opinion_signed"

    amending = expert.post(f"{path}/amend", json={"revision": 4}).json()
    content |= {"conclusion": "Clot of the left thalamus."}
    changed = {"revision": amending["revision"], "content": content}
    revision = expert.put(f"{path}/draft", json=changed).json()["revision"]
    assert expert.post(f"{path}/sign", json={"revision": revision}).json()["lacking"] == ["reason"]
    (read,) = carhaix.get(opinions).json()
    assert [one["number"] for one in read["versions"]] == [1]
    assert read["draft"] is None
    expert.post(f"{path}/sign", json={"revision": revision, "why": "thin slices"}).raise_for_status()
    (read,) = carhaix.get(opinions).json()
    assert [(one["number"], one["why"]) for one in read["versions"]] == [(1, ""), (2, "thin slices")]
    assert "putamen" in read["versions"][0]["said"]["content"]["conclusion"]
    printed_follows(desk, begun["id"])
    figures_follow(desk)


def printed_follows(desk: Any, opinion_id: str) -> None:
    """Every signed version is a PDF for whoever sees the case, under a name that says nothing of the patient."""
    path = f"/api/v1/opinions/{opinion_id}/pdf"
    for version in (1, 2):
        file = desk.client("carhaix").get(path, params={"version": version, "language": "zh"})
        assert (file.status_code, file.content[:5]) == (200, b"%PDF-")
        assert f"neurovigie-opinion-{opinion_id[:8]}-v{version}.pdf" in file.headers["content-disposition"]
    assert desk.client("carhaix").get(path, params={"version": 3}).status_code == 404
    assert desk.client("brest").get(path).status_code == 404
    assert desk.client().get(path).status_code == 401


def figures_follow(desk: Any) -> None:
    """What was signed is in the figures of its own hospital, and of no other."""
    (ours,) = desk.client("carhaix").get("/api/v1/figures").json()
    assert (ours["site"], ours["cases"], ours["tiers"], ours["experts"]) == ("carhaix", 1, {"red": 1}, {"Dr Expert": 1})
    assert ours["haemorrhage"] == {
        "counts": {"true_positive": 1}, "sensitivity": 1.0, "positive_predictive_value": 1.0,
    }  # fmt: skip
    assert ours["intervals"]["request_to_opinion"]["cases"] == 1
    assert desk.client("brest").get("/api/v1/figures").json() == []
    assert [one["site"] for one in desk.client("expert").get("/api/v1/figures").json()] == ["", "carhaix"]
    lines = desk.client("expert").get("/api/v1/figures.csv").text.splitlines()
    assert lines[0] == "month,site,figure,of,cases,value"
    assert "2026-11,carhaix,tier,red,1,1" in lines
    assert desk.client().get("/api/v1/figures").status_code == 401


def test_a_second_opinion_is_another_one_and_only_its_author_changes_it(desk: Any) -> None:
    case_id = analysed(desk)
    path = f"/api/v1/cases/{case_id}/opinions"
    first = desk.client("expert").post(path).json()
    second = desk.client("colleague").post(path).json()
    assert first["id"] != second["id"]
    assert [one["id"] for one in desk.client("colleague").get(path).json()] == [second["id"]]
    assert desk.client("expert").get(f"/api/v1/opinions/{first['id']}/pdf").status_code == 404  # nothing is signed
    draft = f"/api/v1/opinions/{first['id']}/draft"
    sent = {"revision": 1, "content": {}}
    answers = {
        name: desk.client(name).put(draft, json=sent).status_code for name in ("colleague", "root", "carhaix", "brest")
    }
    assert answers == {"colleague": 403, "root": 403, "carhaix": 403, "brest": 404}
    begun = {name: desk.client(name).post(path).status_code for name in ("coordinator", "carhaix", "brest")}
    assert begun == {"coordinator": 403, "carhaix": 403, "brest": 404}
    wrong = {"revision": 1, "content": {"haemorrhage": {"volume_ml": -1}}}
    assert desk.client("expert").put(draft, json=wrong).status_code == 422
    for end in ("sign", "amend", "discard"):
        assert (
            desk.client("brest").post(f"/api/v1/opinions/{first['id']}/{end}", json={"revision": 1}).status_code == 404
        )
    assert desk.client().get(path).status_code == 401


def test_a_draft_begun_before_the_analysis_takes_its_suggestions_in_later(desk: Any) -> None:
    desk.receive(TinySlice(patient_name="Doe^Jane"))
    expert = desk.client("expert")
    case_id = expert.get("/api/v1/worklist").json()["cases"][0]["id"]
    begun = expert.post(f"/api/v1/cases/{case_id}/opinions").json()
    assert (begun["draft"]["unconfirmed"], begun["suggested"]) == ([], None)
    ((series_id,),) = desk.execute(select(series.c.id))
    made = insert(analysis).values(series_id=series_id, version=1, state="analysed").returning(analysis.c.id)
    ((analysis_id,),) = desk.execute(made)
    bleed = {"kind": "haemorrhage", "volume_ml": 12.3, "side": "left", "confidence": 0.9, "label": 1}
    desk.execute(insert(finding).values(analysis_id=analysis_id, bundle="ich-ct", bundle_version="0.3.0", **bleed))
    (waiting,) = expert.get(f"/api/v1/cases/{case_id}/opinions").json()
    assert (begun["newer_suggestions"], waiting["newer_suggestions"]) == (False, True)
    path = f"/api/v1/opinions/{begun['id']}/suggestions"
    taken = expert.post(path, json={"revision": 1}).json()
    assert taken["draft"]["unconfirmed"] == ["haemorrhage.present", "haemorrhage.side", "haemorrhage.volume_ml"]
    assert not taken["newer_suggestions"]
    assert taken["suggested"]["models"] == [{"name": "ich-ct", "version": "0.3.0"}]
    assert expert.post(path, json={"revision": 1}).status_code == 409
    assert desk.client("colleague").post(path, json={"revision": 2}).status_code == 403
