"""What the demo shows and how it judges it."""

from __future__ import annotations

from pipeline.command import demo_cast
from pipeline.command.demo import as_report
from pipeline.command.demo_cast import HOSPITALS, complaints, scenes
from pipeline.command.demo_watch import StudyNow
from pipeline.domain.role import SeriesRole
from pipeline.phantom import study_uid

CAST = scenes()


def as_expected(scene, **changes):
    """A case that became what its scene wants."""
    expected = scene.expected
    case = {
        "case": f"case of {scene.name}",
        "site": scene.hospital.site,
        "tier": min(expected.tiers, default="yellow"),
        "reasons": [{"code": expected.reason_code or "no_request", "text": "", "values": {}}],
        "state": expected.state,
        "why": expected.why,
        "first_image_to_visible_s": 0.5,
        "last_image_to_alert_s": 3.0,
    }
    return {**case, **changes}


def everything(**changes):
    return {
        scene.name: StudyNow(as_expected(scene, **changes.get(scene.name, {})), 40, 1, settled=True)
        for scene in CAST[:-1]
    }


def test_three_hospitals_send_eight_studies_of_seven_patients():
    assert len(CAST) == 8
    assert {scene.hospital for scene in CAST} == set(HOSPITALS)
    assert len({hospital.ae_title for hospital in HOSPITALS}) == 3
    assert len({study_uid(scene.study) for scene in CAST}) == 7
    assert CAST[-1].again == CAST[0].name
    assert CAST[-1].study == CAST[0].study


def test_when_all_is_as_it_must_be_nothing_is_complained_of():
    said = as_report(CAST, everything(), everything())
    assert said["problems"] == []
    assert len(said["cases"]) == 7
    assert said["duplicate"]["same_case"]


def test_a_large_haemorrhage_that_is_not_red_is_a_problem():
    found = everything(large_haemorrhage={"tier": "yellow"})
    assert any("large haemorrhage: the tier is yellow" in line for line in as_report(CAST, found, found)["problems"])


def scene_of_diffusion(monkeypatch, *roles):
    monkeypatch.setattr(demo_cast, "read_by_a_model", lambda: frozenset(roles))
    return next(scene for scene in scenes() if scene.name == "diffusion")


def test_diffusion_must_be_analysed_where_a_bundle_reads_it(monkeypatch):
    diffusion = scene_of_diffusion(monkeypatch, SeriesRole.DWI)
    assert complaints(diffusion, as_expected(diffusion)) == []
    assert complaints(diffusion, as_expected(diffusion, state="not_analysed"))


def test_without_a_bundle_diffusion_must_say_that_there_is_no_model_for_it(monkeypatch):
    diffusion = scene_of_diffusion(monkeypatch)
    assert complaints(diffusion, as_expected(diffusion)) == []
    assert complaints(diffusion, as_expected(diffusion, why="something else"))
    assert complaints(diffusion, as_expected(diffusion, state="analysed"))


def test_half_a_head_must_be_said_to_be_provisional():
    half = next(scene for scene in CAST if scene.name == "truncated")
    reasons = [{"code": "no_request", "text": "", "values": {}}]
    assert complaints(half, as_expected(half, reasons=reasons)) == [
        "upper half missing: the reason provisional is missing"
    ]


def test_a_repeated_study_that_was_analysed_again_is_a_problem():
    before, after = everything(), everything()
    first = CAST[0].name
    after[first] = StudyNow(after[first].case, 40, 2, settled=True)
    assert as_report(CAST, before, after)["problems"]
