"""Nothing is owed to a destination that nobody turned on, or to another hospital than the images came from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.destination import DeliverWhen, DeliveryEvent, Happened, Terms, delivers, owed

SITES = st.sampled_from(["brest", "carhaix"])


@pytest.mark.parametrize(
    ("deliver_when", "event", "expected"),
    [
        (DeliverWhen.OFF, DeliveryEvent.ANALYSIS_COMMITTED, False),
        (DeliverWhen.OFF, DeliveryEvent.OPINION_SIGNED, False),
        (DeliverWhen.SIGNED, DeliveryEvent.ANALYSIS_COMMITTED, False),
        (DeliverWhen.SIGNED, DeliveryEvent.OPINION_SIGNED, True),
        (DeliverWhen.UNSIGNED, DeliveryEvent.ANALYSIS_COMMITTED, True),
        (DeliverWhen.UNSIGNED, DeliveryEvent.OPINION_SIGNED, True),
    ],
)
def test_a_result_goes_out_with_the_signature_unless_the_unsigned_mode_was_chosen(
    deliver_when: DeliverWhen, event: DeliveryEvent, *, expected: bool
) -> None:
    assert owed(Terms("carhaix", deliver_when, "carhaix"), Happened(event, "carhaix")) is expected


@given(SITES, SITES, st.none() | SITES, st.sampled_from(DeliverWhen), st.sampled_from(DeliveryEvent))
def test_nothing_ever_goes_to_another_hospital(
    mine: str, theirs: str, peers: str | None, deliver_when: DeliverWhen, event: DeliveryEvent
) -> None:
    if owed(Terms(mine, deliver_when, peers), Happened(event, theirs)):
        assert mine == theirs == peers


def test_a_peer_that_was_forgotten_or_moved_gets_nothing_until_somebody_says_so_again() -> None:
    assert not delivers(Terms("carhaix", DeliverWhen.UNSIGNED, None))
    assert not delivers(Terms("carhaix", DeliverWhen.UNSIGNED, "brest"))
