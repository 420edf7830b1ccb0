"""Figures for Prometheus: right, bounded, behind a token, and without a word about a patient."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from pipeline.clerk.counting import count_passed_days
from pipeline.database.delivery_tables import delivery, destination, overdue_stage
from pipeline.database.tables import analysis, case, result_object, series
from pipeline.testing.instances import TinySlice
from review_ui.metrics.token import NAME, make_token


def scraped(desk: Any) -> dict[str, float]:
    token = make_token(desk.settings.folders.root).read_text().strip()
    answer = desk.client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def an_analysed_case(desk: Any) -> Any:
    """Visible after 0.4 s; last image to alert 7 s; 2 s in the queue; 3 s of analysis."""
    start = desk.clock.now
    desk.receive(TinySlice(number=1))
    desk.execute(update(series).values(arrival="complete", signal="quiet", complete_at=start + timedelta(seconds=1)))
    desk.execute(
        update(case).values(
            first_image_at=start,
            visible_at=start + timedelta(seconds=0.4),
            alerted_at=start + timedelta(seconds=7),
            tier="red",
        )
    )
    (one,) = desk.execute(select(series.c.id))
    values = {
        "series_id": one.id,
        "version": 1,
        "state": "analysed",
        "bundle": "ich-ct",
        "role": "ncct",
        "seconds": {"segment": 1.5},
        "enqueued_at": start + timedelta(seconds=1),
        "started_at": start + timedelta(seconds=3),
        "finished_at": start + timedelta(seconds=6),
    }
    (made,) = desk.execute(insert(analysis).values(values).returning(analysis.c.id, analysis.c.series_id))
    return made


def test_every_stages_seconds_are_histograms(desk: Any) -> None:
    an_analysed_case(desk)
    found = scraped(desk)
    assert found['neurovigie_arrival_to_visible_seconds_bucket{le="0.25",site="carhaix"}'] == 0
    assert found['neurovigie_arrival_to_visible_seconds_bucket{le="0.5",site="carhaix"}'] == 1
    assert found['neurovigie_last_image_to_alert_seconds_sum{tier="red"}'] == 7
    assert found['neurovigie_queue_wait_seconds_bucket{le="2.0",role="ncct"}'] == 1
    assert found['neurovigie_queue_wait_seconds_bucket{le="+Inf",role="ncct"}'] == 1
    assert found['neurovigie_analysis_seconds_sum{bundle="ich-ct"}'] == 3
    assert found['neurovigie_stage_seconds_sum{stage="segment"}'] == 1.5
    assert found['neurovigie_completion_wait_seconds_count{signal="quiet"}'] == 1
    assert found['neurovigie_open_cases{tier="red"}'] == 1


def test_series_not_analysed_are_counted_by_a_code_and_not_by_their_words(desk: Any) -> None:
    made = an_analysed_case(desk)
    for version, code in enumerate(("not_a_volume", "not_a_volume", "no_model", ""), 2):
        row = {"series_id": made.series_id, "version": version, "state": "not_analysed", "why": "DOE", "because": code}
        desk.execute(insert(analysis).values(finished_at=desk.clock.now, **row))
    found = scraped(desk)
    counted = {name: value for name, value in found.items() if "series_not_analysed" in name}
    assert counted == {
        'neurovigie_series_not_analysed_total{reason="not_a_volume"}': 2,
        'neurovigie_series_not_analysed_total{reason="no_model"}': 1,
        'neurovigie_series_not_analysed_total{reason="other"}': 1,
    }


def test_a_passed_day_is_counted_once_and_says_the_same_as_its_rows(desk: Any) -> None:
    an_analysed_case(desk)
    desk.clock.move(hours=22)  # one o'clock the next day
    before = scraped(desk)
    assert count_passed_days(desk.engine, desk.clock()) == 21
    assert count_passed_days(desk.engine, desk.clock()) == 0
    desk.execute(update(analysis).values(finished_at=None))
    desk.clock.move(seconds=30)
    assert scraped(desk) == before


def test_deliveries_and_late_stages_are_counted_by_state(desk: Any) -> None:
    made = an_analysed_case(desk)
    now = desk.clock.now
    (case_row,) = desk.execute(select(case.c.id))
    objects = {"analysis_id": made.id, "sop_instance_uid": "1.2", "series_instance_uid": "1", "kind": "seg"}
    (ours,) = desk.execute(insert(result_object).values(path="x", sha256="", **objects).returning(result_object.c.id))
    pacs = {"name": "PACS1", "kind": "dicom", "site_id": "carhaix"}
    (to,) = desk.execute(insert(destination).values(**pacs).returning(destination.c.id))
    owed = {"destination_id": to.id, "result_object_id": ours.id, "case_id": case_row.id, "event": "opinion_signed"}
    sent = {"state": "sent", "owed_at": now, "sent_at": now + timedelta(seconds=9)}
    desk.execute(insert(delivery).values(next_at=now + timedelta(minutes=10), **sent, **owed))
    late = {"case_id": case_row.id, "series_id": made.series_id, "stage": "start", "due_at": now}
    desk.execute(insert(overdue_stage).values(late))
    found = scraped(desk)
    assert found['neurovigie_deliveries{state="sent"}'] == 1
    assert found['neurovigie_delivery_seconds_sum{destination="PACS1"}'] == 9
    assert found['neurovigie_stages_overdue{stage="start"}'] == 1


def test_what_happened_before_this_month_is_counted_no_more(desk: Any) -> None:
    an_analysed_case(desk)
    desk.clock.move(days=31)
    assert not any("carhaix" in name for name in scraped(desk))


def test_nobody_reads_them_without_the_token_not_even_on_this_machine(desk: Any) -> None:
    client = desk.client()
    assert client.get("/metrics").status_code == 401  # also while no token exists
    token = make_token(desk.settings.folders.root)
    assert (token.name, token.stat().st_mode & 0o777) == (NAME, 0o600)
    for header in ("", "Bearer", "Bearer wrong", "Basic " + token.read_text().strip()):
        assert client.get("/metrics", headers={"Authorization": header}).status_code == 401
    assert desk.client("root").get("/metrics").status_code == 401


def test_no_figure_names_a_patient_or_a_study(desk: Any) -> None:
    an_analysed_case(desk)
    text = " ".join(scraped(desk))
    assert "Doe" not in text
    assert "2.25." not in text
    assert "P1" not in text
