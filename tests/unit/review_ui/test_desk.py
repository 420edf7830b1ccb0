"""The desk's pure parts: order, streams, pages, and what it refuses to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.access import AccountRole, Viewer
from pipeline.domain.errors import ConfigurationError
from pipeline.domain.priority import Tier
from pipeline.settings import Settings
from review_ui.bundles import read_bundle_texts
from review_ui.detail_views import AnalysisView, analysis_pair
from review_ui.events.log import Update
from review_ui.events.signals import all_kinds, encoded_signal, may_hear, read_signal
from review_ui.events.stream import Told, encoded
from review_ui.http.middleware import where
from review_ui.http.pages import inside
from review_ui.server import is_loopback, refuse_open_without_tls
from review_ui.views import CaseRow, PatientView, case_json, in_reading_order, shown_as

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
EXPERT = Viewer(AccountRole.EXPERT)


def row(number: int = 0, tier: str = "yellow", minutes: float = 0) -> CaseRow:
    at = NOW + timedelta(minutes=minutes)
    return CaseRow(
        id=UUID(int=number), site="brest", site_name="Brest", patient=PatientView("Doe^Jane", "1", "", ""), tier=tier,
        reasons=[], state="receiving", why="", first_image_at=at, visible_at=at, last_image_at=None, alerted_at=None,
        images=1, expected=None, owner=None, taken_at=None, closed_at=None, warnings=[], modalities=[], roles=[],
        version=1,
    )  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from([tier.value for tier in Tier]), st.integers(0, 9)), max_size=8))
def test_reading_order_is_by_tier_then_by_waiting_time(waiting: list[tuple[str, int]]) -> None:
    ordered = in_reading_order(row(number, tier, minutes) for number, (tier, minutes) in enumerate(waiting))
    keys = [(Tier(one.tier).rank, one.first_image_at) for one in ordered]
    assert keys == sorted(keys)
    assert len(keys) == len(waiting)


def test_times_are_utc_whatever_zone_the_database_answers_in() -> None:
    paris = timezone(timedelta(hours=1))
    made = row()
    shown = json.loads(case_json(CaseRow(**{name: getattr(made, name) for name in CaseRow.__dataclass_fields__}
                                         | {"taken_at": NOW.astimezone(paris)})))  # fmt: skip
    assert (shown["taken_at"], shown["first_image_at"]) == ("2026-11-21T03:00:00Z", "2026-11-21T03:00:00Z")
    assert b"\n" not in case_json(made)


def update(version: int, *, site: str = "brest", case: int = 1) -> Update:
    return Update(version, UUID(int=case), site, version, b"{}")


def test_an_older_version_is_never_told_after_a_newer_one() -> None:
    told = Told()
    assert [told.is_news(update(version), EXPERT) for version in (1, 3, 2, 3, 4)] == [True, True, False, True, True]
    assert told.is_news(update(1, case=2), EXPERT)


def test_a_hospital_is_not_told_of_another() -> None:
    assert not Told().is_news(update(1), Viewer(AccountRole.SITE, "carhaix"))
    assert Told().is_news(update(1), Viewer(AccountRole.SITE, "brest"))


def test_an_event_is_three_lines() -> None:
    assert encoded(update(7), EXPERT) == b"event: case\nid: 7\ndata: {}\n\n"


def test_an_administrator_is_told_of_a_case_and_of_its_patient_only_while_somebody_granted_it() -> None:
    made = row()
    whole = Update(7, made.id, made.site, made.version, case_json(made))
    for granted, name in ((False, ""), (True, "Doe^Jane")):
        viewer = Viewer(AccountRole.ADMINISTRATOR, granted=granted)
        line = encoded(whole, viewer).splitlines()[2]
        told = json.loads(line.removeprefix(b"data: "))
        assert (told["patient"]["name"], told["patient"]["withheld"], told["tier"]) == (name, not granted, "yellow")
        assert told == json.loads(case_json(shown_as(made, viewer)))


def test_a_signal_is_heard_by_whom_it_concerns_and_moves_no_place_to_resume_from() -> None:
    rota, seen = read_signal('{"kind": "rota"}'), read_signal('{"kind": "seen", "case": "c", "site": "brest"}')
    assert encoded_signal(seen) == b'event: seen\ndata: {"case": "c"}\n\n'
    heard = {
        (role, site): (may_hear(Viewer(role, site), rota), may_hear(Viewer(role, site), seen))
        for role, site in (
            (AccountRole.EXPERT, None),
            (AccountRole.SITE, "brest"),
            (AccountRole.SITE, "carhaix"),
            (AccountRole.ADMINISTRATOR, None),
        )
    }
    assert list(heard.values()) == [(True, True), (False, True), (False, False), (True, False)]
    assert [may_hear(Viewer(AccountRole.SITE, "brest"), one) for one in all_kinds()] == [False, True]


def analysis(version: int, state: str) -> AnalysisView:
    return AnalysisView(
        id=UUID(int=version), version=version, state=state, why="", bundle="", bundle_title="", bundle_version="",
        limits="", scan_probability=None, flags=[], notes=[], coverage=None, findings=[], seconds={}, finished_at=None,
        results=[], reservations=[], rules="", midline_shift=None, companions=[], segmentation=None,
        because="", choice=None, objects=[],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("states", "newest", "previous"),
    [
        ([], None, None),
        (["analysed"], 1, None),
        (["analysed", "running"], 2, 1),
        (["analysed", "failed", "waiting"], 3, 2),
        (["running"], 1, None),
        (["analysed", "failed"], 2, None),
    ],
)
def test_a_running_analysis_does_not_hide_the_result_before_it(
    states: list[str], newest: int | None, previous: int | None
) -> None:
    views = [analysis(version, state) for version, state in enumerate(states, 1)]
    pair = analysis_pair(views[::-1])
    assert tuple(one.version if one else None for one in pair) == (newest, previous)


def settings(**values: Any) -> Settings:
    return Settings(**values)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "desk.example"])
def test_nothing_listens_beyond_loopback_without_tls(host: str) -> None:
    with pytest.raises(ConfigurationError, match="without TLS"):
        refuse_open_without_tls(settings(web_host=host))
    refuse_open_without_tls(settings(web_host=host, tls_cert=Path("c"), tls_key=Path("k")))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_needs_no_tls(host: str) -> None:
    assert is_loopback(host)
    refuse_open_without_tls(settings(web_host=host))


def test_a_certificate_and_its_key_come_together() -> None:
    with pytest.raises(ConfigurationError, match="needs its key"):
        refuse_open_without_tls(settings(tls_cert=Path("c")))


def test_only_files_of_the_built_pages_are_served(tmp_path: Path) -> None:
    pages = tmp_path / "app"
    (pages / "assets").mkdir(parents=True)
    (pages / "assets" / "index.js").write_text("1")
    (tmp_path / "secret").write_text("2")
    (pages / "link").symlink_to(tmp_path / "secret")
    assert inside(pages, "assets/index.js") == pages / "assets" / "index.js"
    for path in ("", "assets", "../secret", "link", "assets/../../secret", "/etc/passwd", "a\0b", "x" * 5000):
        assert inside(pages, path) is None


def test_bundles_say_their_title_and_limits(tmp_path: Path) -> None:
    good = '{"description": "Blood on CT", "neurovigie": {"limits": "Small ones."}, "intended_use": "research"}'
    for name, text in (("a", good), ("b", "not json"), ("c", "[]"), ("d", '{"intended_use": "research"}')):
        (tmp_path / name / "configs").mkdir(parents=True)
        (tmp_path / name / "configs" / "metadata.json").write_text(text)
    texts = read_bundle_texts([tmp_path, tmp_path / "missing"])
    assert (texts.of("a").title, texts.of("a").limits) == ("Blood on CT", "Small ones.")
    assert (texts.of("d").title, texts.of("d").limits) == ("d", "research")
    assert (texts.of("gone").title, texts.of("gone").limits) == ("gone", "")


def test_an_unexpected_error_is_logged_without_its_message() -> None:
    with pytest.raises(KeyError) as caught:
        {}["Doe^Jane"]
    assert where(caught.value).startswith("KeyError in test_an_unexpected_error")
    assert "Doe" not in where(caught.value)
