"""A made-up head, marked as a test, goes through a real door into a real index, and nobody is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from dicom_node.peers.trial import CALLING, Door, try_the_whole_path
from dicom_node.scu.association import Target
from pipeline.testing.running import eventually
from tests.integration.test_node_process import node_process

pytestmark = pytest.mark.timeout(300)


def test_the_whole_path_is_followed_step_by_step(tmp_path: Path, database_url: str) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with node_process(tmp_path / "home", database_url) as node:
        door = Door(Target("127.0.0.1", node.port, "NEUROVIGIE", CALLING, answer_s=60.0))
        steps = try_the_whole_path(database_url, door)
        assert [next(steps).code, next(steps).code] == ["study_stored", "worklist_seen"]

        def read_as_if_by_a_worker() -> bool:
            with engine.begin() as connection:
                return bool(connection.execute(text("UPDATE analysis SET state = 'analysed'")).rowcount)

        eventually(read_as_if_by_a_worker, "the series is complete, and its analysis waits")
        assert [step.code for step in steps] == ["analysis_analysed", "silence_kept"]
    engine.dispose()


def test_a_door_that_is_shut_is_the_first_step_that_fails(database_url: str) -> None:
    (step,) = try_the_whole_path(database_url, Door(Target("127.0.0.1", 1, "NEUROVIGIE", CALLING)))
    assert (step.ok, step.code) == (False, "study_not_sent")
