"""An administrator sees how long images are kept; nobody else does."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from pipeline.database.retention import name_rule
from pipeline.domain.retention import Rule, RuleKind
from pipeline.testing.instances import TinySlice


def test_an_administrator_sees_rules_and_what_is_kept(desk: Any) -> None:
    desk.receive(TinySlice())
    with desk.engine.begin() as connection:
        name_rule(connection, Rule(uuid4(), RuleKind.AGE, 30), "root", desk.clock())
    said = desk.client("root").get("/api/v1/retention").json()
    assert [(one["kind"], one["days"], one["site"], one["scope"]) for one in said["rules"]] == [
        ("age", 30.0, None, "images")
    ]
    assert (said["cases"], said["held"]["open"], said["deleted_images"]) == (1, 1, 0)
    assert said["size"] > 0
    for name in ("expert", "coordinator", "carhaix"):
        assert desk.client(name).get("/api/v1/retention").status_code == 403
