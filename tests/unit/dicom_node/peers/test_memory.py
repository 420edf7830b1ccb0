"""What the node remembers of its peers while the database is away: all their rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_node.peers.memory import recall, remember
from pipeline.database.peers import NOT_UNDERSTOOD, rules_json, rules_of
from pipeline.domain.peer import EVERY_SERVICE, Peer, PeerRules, Service

_RULES = st.builds(
    PeerRules,
    enabled=st.booleans(),
    networks=st.lists(st.sampled_from(["10.0.0.0/8", "fd00::/64"]), max_size=2).map(tuple),
    certificates=st.lists(st.sampled_from(["ab" * 32, "CN=ct1"]), max_size=2).map(tuple),
    called_ae_title=st.sampled_from(["", "STROKE"]),
    services=st.frozensets(st.sampled_from(list(Service))),
    images_per_second=st.floats(0, 1000),
    bytes_a_day=st.integers(0, 2**50),
    associations=st.integers(0, 100),
    username=st.sampled_from(["", "ct1"]),
    passcode_hash=st.sampled_from(["", "scrypt$00$00"]),
    tls=st.booleans(),
)


@given(_RULES)
def test_rules_are_kept_as_they_are(rules: PeerRules) -> None:
    assert rules_of(rules_json(rules)) == rules


def test_a_peer_is_remembered_with_its_rules(tmp_path: Path) -> None:
    peer = Peer("carhaix", "CT1", "10.0.0.1", 104, PeerRules(services=frozenset({Service.STORE}), tls=True))
    remember(tmp_path / "peers.json", (peer,))
    assert recall(tmp_path / "peers.json") == (peer,)


def test_every_service_stays_every_service_when_there_are_more() -> None:
    assert "services" not in rules_json(PeerRules())
    assert rules_of({}).services == EVERY_SERVICE


@pytest.mark.parametrize("kept", [{"services": ["telepathy"]}, {"enabled": "perhaps"}, {"networks": 7}])
def test_rules_nobody_understands_let_nobody_in(kept: dict[str, object]) -> None:
    assert rules_of(kept) == NOT_UNDERSTOOD
    assert not NOT_UNDERSTOOD.enabled
