"""Nobody is shown, by any address, what belongs to another hospital; test_desk_every_route tries them all."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from pipeline.database.tables import study
from pipeline.testing.instances import TinySlice, uid


def test_each_role_has_its_own_worklist(desk: Any) -> None:
    desk.receive(TinySlice(study="a", patient_id="A"), site="carhaix")
    desk.receive(TinySlice(study="b", patient_id="B"), site="brest")
    seen = {
        name: sorted(row["site"] for row in desk.client(name).get("/api/v1/worklist").json()["cases"])
        for name in ("root", "expert", "carhaix", "brest")
    }
    assert seen == {
        "root": ["brest", "carhaix"],
        "expert": ["brest", "carhaix"],
        "carhaix": ["carhaix"],
        "brest": ["brest"],
    }


def test_a_study_is_not_reached_through_another_ones_address(desk: Any) -> None:
    desk.receive(TinySlice(study="a", patient_id="A"), site="carhaix")
    desk.receive(TinySlice(study="b", patient_id="B"), site="brest")
    ((theirs,),) = desk.execute(select(study.c.id).where(study.c.site_id == "brest"))
    ((ours,),) = desk.execute(select(study.c.id).where(study.c.site_id == "carhaix"))
    client = desk.client("carhaix")
    for study_id, study_uid, series_uid in (
        (ours, uid("b"), uid("b", "series")),
        (theirs, uid("a"), uid("a", "series")),
        (ours, uid("a"), uid("b", "series")),
    ):
        root = f"/api/v1/studies/{study_id}/dicomweb/studies/{study_uid}"
        assert client.get(f"{root}/series/{series_uid}/metadata").status_code == 404


def test_hostile_addresses_are_simply_not_found(desk: Any) -> None:
    desk.receive(TinySlice())
    ((study_id,),) = desk.execute(select(study.c.id))
    client = desk.client("expert")
    root = f"/api/v1/studies/{study_id}/dicomweb/studies"
    for path in (
        "/..%2f..%2fetc%2fpasswd/series",
        "/%00/series",
        f"/{uid('study')}/series/%00/metadata",
        f"/{uid('study')}/series/{'9' * 3000}/metadata",
        f"/{uid('study')}/series/..%2f..%2f/instances/x/frames/1",
    ):
        assert client.get(root + path).status_code == 404
    assert client.get("/api/v1/cases/not-a-uuid").status_code == 422
    assert "root:" not in client.get("/..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd").text
