from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")

from models import registry
from pipeline.domain.errors import BadInput
from pipeline.domain.ports import Step
from pipeline.domain.role import SeriesRole
from pipeline.inference import server, wire
from pipeline.inference.analyse import Asked
from pipeline.inference.ready import ReadyModels
from pipeline.inference.requests import Analyse, SourceImage, TakeIn, Transcode, Transcoded
from pipeline.testing.odd_series import OddSeries, write_odd_series


def answers_to(frames: list[wire.Frame]) -> list[wire.Frame]:
    """What a server answers to requests that have all come before its first step."""
    requests_out, requests_in = os.pipe()
    answers_out, answers_in = os.pipe()
    with (
        os.fdopen(requests_in, "wb") as sender,
        os.fdopen(requests_out, "rb", buffering=0) as requests,
        os.fdopen(answers_in, "wb") as answering,
        os.fdopen(answers_out, "rb") as answered,
    ):
        for frame in frames:
            wire.write(sender, frame)
        thread = threading.Thread(target=server.Server(requests, answering, ReadyModels()).serve)
        thread.start()
        open_requests = {frame.request for frame in frames if not isinstance(frame.message, wire.Cancel)}
        open_requests -= {frame.request for frame in frames if isinstance(frame.message, wire.Cancel)}
        received = []
        while open_requests and (frame := wire.read(answered)) is not None:
            received.append(frame)
            if isinstance(frame.message, wire.Ended | wire.Failed):
                open_requests.discard(frame.request)
        sender.close()
        thread.join(timeout=10)
    return received


@pytest.fixture
def stepping(monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(request: Transcode) -> Iterator[Step | Transcoded]:
        for number in (1, 2):
            yield Step(request.out.name, number / 2)
        if request.out.name == "bad":
            raise BadInput("not like this")
        if request.out.name == "broken":
            raise ZeroDivisionError
        yield Transcoded(1, 0)

    monkeypatch.setattr(server, "transcode", steps)


def ask(number: int, name: str, urgency: int = 0) -> wire.Frame:
    return wire.Frame(number, Transcode((), Path(name)), urgency)


@pytest.mark.usefixtures("stepping")
def test_the_urgent_request_goes_first_and_equals_go_in_order() -> None:
    answered = answers_to([ask(1, "routine"), ask(2, "later"), ask(3, "urgent", urgency=1)])
    assert [frame.request for frame in answered] == [3] * 4 + [1] * 4 + [2] * 4


@pytest.mark.usefixtures("stepping")
def test_a_cancelled_request_is_dropped() -> None:
    answered = answers_to([ask(1, "routine"), ask(2, "other"), wire.Frame(1, wire.Cancel())])
    assert {frame.request for frame in answered} == {2}


@pytest.mark.usefixtures("stepping")
def test_a_failing_request_is_answered_and_the_next_one_goes_on() -> None:
    answered = answers_to([ask(1, "bad"), ask(2, "broken"), ask(3, "good")])
    last = {frame.request: frame.message for frame in answered}
    assert last[1] == wire.Failed("not like this", bad_input=True)
    assert last[2] == wire.Failed("the model's process failed (ZeroDivisionError)")
    assert last[3] == wire.Ended()


def test_what_is_not_a_request_is_refused() -> None:
    (answer,) = answers_to([wire.Frame(1, Step("not a request", 0.5))])
    assert answer.message == wire.Failed("this is not a request", bad_input=True)


def test_an_analysis_is_answered_with_its_report() -> None:
    answered = answers_to([wire.Frame(4, Analyse((), Path("unused")))])
    assert [type(frame.message).__name__ for frame in answered] == ["SeriesReport", "Ended"]


def test_an_analysis_finds_decoded_what_came_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write_odd_series(tmp_path, OddSeries())
    found: list[set[Path]] = []

    def analysed(asked: Asked, _: ReadyModels) -> Iterator[Step]:
        found.append(set(asked.arrived.files))
        yield Step("analysed", 1.0)

    monkeypatch.setattr(server, "analyse_series", analysed)
    analyse = Analyse(tuple(SourceImage(file) for file in files), tmp_path)
    said = answers_to([wire.Frame(1, TakeIn(tuple(files[:6])), 2), wire.Frame(2, analyse, 1), wire.Frame(3, analyse)])
    assert found == [set(files[:6]), set()]
    assert [frame.request for frame in said] == [1] * 7 + [2] * 2 + [3] * 2


def test_an_urgent_analysis_does_not_wait_until_everything_that_arrives_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_odd_series(tmp_path, OddSeries())
    monkeypatch.setattr(server, "analyse_series", lambda *_: iter([Step("analysed", 1.0)]))
    said = answers_to([wire.Frame(1, TakeIn(tuple(files)), 2), wire.Frame(2, Analyse((), tmp_path), 3)])
    assert [frame.request for frame in said[:2]] == [2, 2]


def test_a_bundle_that_does_not_run_by_itself_is_loaded_only_where_it_is_named(tmp_path: Path) -> None:
    for name in ("ich-ct-threshold", "ischaemia-ct"):
        shutil.copytree(registry.BUNDLES / name, tmp_path / name)
    assert server.load_models([tmp_path], "cpu")[1].bundles == ("ich-ct-threshold",)
    models, ready = server.load_models([tmp_path], "cpu", ["ischaemia-ct"])
    assert sorted(ready.bundles) == ["ich-ct-threshold", "ischaemia-ct"]
    decides = models.for_role(SeriesRole.NCCT)
    assert decides is not None
    assert decides.id == "ich-ct-threshold"
