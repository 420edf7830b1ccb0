"""What is kept of callers is bounded, whatever names they invent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.database.engine import connect
from pipeline.database.peers import MOST_STRANGERS, Activity, add_peer, read_activity, write_activity
from pipeline.domain.peer import Peer

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def seen(name: str, seconds: int) -> Activity:
    return Activity(ae_title=name, host="10.9.9.9", day=NOW.date(), refused_at=NOW + timedelta(seconds=seconds))


def test_of_strangers_only_the_newest_are_kept_and_peers_stay(database_url: str) -> None:
    engine = connect(database_url, connections=1)
    with engine.begin() as connection:
        add_peer(connection, Peer("brest", "CT1", "10.9.9.9", 104))
        write_activity(
            connection, [seen("CT1", -60), *(seen(f"X{number}", number) for number in range(MOST_STRANGERS))]
        )
        write_activity(connection, [seen("NEW", MOST_STRANGERS)])
        names = {one.ae_title for one in read_activity(connection)}
    engine.dispose()
    assert len(names) == MOST_STRANGERS + 1
    assert {"CT1", "NEW"} <= names
    assert "X0" not in names
