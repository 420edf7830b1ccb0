"""A delivery: said to be sent only when the peer said so, tried again, and never lost between two states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.domain import delivery
from pipeline.domain.delivery import Delivery, DeliveryState, Failure, FailureKind

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DOWN = Failure(FailureKind.UNREACHABLE, "nothing listens there")
LUCK = st.floats(0, 1)
STEP = st.timedeltas(timedelta(), timedelta(hours=30))


class ADelivery(RuleBasedStateMachine):
    """Everything that may happen to a delivery, in any order, with a peer whose words are written down."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.one = delivery.new(NOW)
        self.claims: list[int] = []
        self.peer_said_success = False
        self.peer_said_kept = False

    def become(self, changed: Delivery | None) -> bool:
        if changed is not None:
            self.one = changed
        return changed is not None

    @rule(by=STEP)
    def time_passes(self, by: timedelta) -> None:
        self.now += by

    @rule()
    def somebody_claims(self) -> None:
        due = delivery.is_due(self.one, self.now)
        before = self.one
        if self.become(delivery.claim(self.one, self.now)):
            assert due
            assert self.one.token > before.token
            self.claims.append(self.one.token)
            self.peer_said_success = self.peer_said_kept = False

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), wants=st.booleans())
    def an_attempt_succeeds(self, data: st.DataObject, wants: bool) -> None:
        token = data.draw(st.sampled_from(self.claims))
        if self.become(delivery.succeeded(self.one, token, self.now, wants_commitment=wants)):
            assert token == max(self.claims)
            self.peer_said_success = True

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), kind=st.sampled_from(FailureKind), luck=LUCK)
    def an_attempt_fails(self, data: st.DataObject, kind: FailureKind, luck: float) -> None:
        token = data.draw(st.sampled_from(self.claims))
        self.become(delivery.failed(self.one, token, Failure(kind, "because"), self.now, luck))

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def a_sender_says_it_lives(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(self.claims))
        if self.become(delivery.renew(self.one, token, self.now)):
            assert token == max(self.claims)

    @rule(luck=LUCK)
    def a_lease_runs_out(self, luck: float) -> None:
        self.become(delivery.lost(self.one, self.now, luck))

    @rule()
    def commitment_is_asked_for(self) -> None:
        self.become(delivery.asked(self.one, self.now))

    @rule()
    def commitment_is_not_offered(self) -> None:
        self.become(delivery.not_offered(self.one))

    @rule()
    def the_peer_keeps_it(self) -> None:
        if self.become(delivery.kept(self.one, self.now)):
            assert self.claims, "what was never sent cannot be kept"
            self.peer_said_kept = True

    @rule(luck=LUCK)
    def the_peer_does_not_keep_it(self, luck: float) -> None:
        if self.become(delivery.not_kept(self.one, "no such object", self.now, luck)):
            self.peer_said_success = False

    @rule()
    def a_person_wants_it_sent_again(self) -> None:
        if self.become(delivery.resend(self.one, self.now)):
            assert self.one.attempts == 0
            self.peer_said_success = self.peer_said_kept = False

    @rule()
    def a_newer_result_takes_its_place(self) -> None:
        self.become(delivery.withdraw(self.one, "a newer result took its place"))

    @invariant()
    def sent_and_committed_are_the_peers_words(self) -> None:
        if self.one.state is DeliveryState.SENT:
            assert self.peer_said_success
        if self.one.state is DeliveryState.COMMITTED:
            assert self.peer_said_kept
        assert (self.one.state is DeliveryState.COMMITTED) == (self.one.committed_at is not None)

    @invariant()
    def what_is_not_ended_will_be_looked_at_again(self) -> None:
        unended = {DeliveryState.OWED, DeliveryState.SENDING, DeliveryState.FAILED_WILL_RETRY}
        if self.one.state in unended:
            assert self.one.next_at is not None
            assert self.one.next_at <= self.now + delivery.LONGEST_PAUSE
        if self.one.state in {DeliveryState.COMMITTED, DeliveryState.GIVEN_UP, DeliveryState.WITHDRAWN}:
            assert self.one.next_at is None

    @invariant()
    def a_failure_says_why(self) -> None:
        if self.one.state in {DeliveryState.FAILED_WILL_RETRY, DeliveryState.GIVEN_UP, DeliveryState.WITHDRAWN}:
            assert self.one.why


ADelivery.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestADelivery = ADelivery.TestCase


def claimed(one: Delivery, now: datetime = NOW) -> Delivery:
    found = delivery.claim(one, now)
    assert found is not None
    return found


def test_a_peer_that_is_down_for_a_weekend_is_tried_until_patience_ends_and_then_a_person_is_told() -> None:
    one, now = delivery.new(NOW), NOW
    while one.next_at is not None:
        now = one.next_at
        attempt = claimed(one, now)
        after = delivery.failed(attempt, attempt.token, DOWN, now, 0.5)
        assert after is not None
        one = after
    assert one.state is DeliveryState.GIVEN_UP
    assert delivery.PATIENCE <= now - NOW <= delivery.PATIENCE + delivery.LONGEST_PAUSE
    assert 70 <= one.attempts <= 130


def test_a_peer_that_refuses_is_given_up_after_a_few_attempts() -> None:
    one = delivery.new(NOW)
    for _ in range(delivery.MOST_REFUSALS):
        attempt = claimed(one, one.next_at or NOW)
        refused = delivery.failed(attempt, attempt.token, Failure(FailureKind.REFUSED, "A700"), NOW, 1.0)
        assert refused is not None
        one = refused
    assert (one.state, one.why) == (DeliveryState.GIVEN_UP, "A700")


def test_an_overtaken_attempt_changes_nothing() -> None:
    first = claimed(delivery.new(NOW))
    later = NOW + delivery.LEASE
    taken_back = delivery.lost(first, later, 0.0)
    assert taken_back is not None
    assert taken_back.next_at is not None
    second = claimed(taken_back, taken_back.next_at)
    assert delivery.succeeded(second, first.token, later, wants_commitment=False) is None
    assert delivery.failed(second, first.token, DOWN, later, 0.0) is None


def test_commitment_is_asked_for_a_few_times_and_then_sent_stays_sent_with_the_reason() -> None:
    attempt = claimed(delivery.new(NOW))
    sent = delivery.succeeded(attempt, attempt.token, NOW, wants_commitment=True)
    assert sent is not None
    for _ in delivery.COMMITMENT_PAUSES:
        sent = delivery.asked(sent, sent.next_at or NOW)
        assert sent is not None
        assert sent.next_at is not None
    ended = delivery.asked(sent, sent.next_at)
    assert ended is not None
    assert (ended.state, ended.next_at) == (DeliveryState.SENT, None)
    assert "never said that it keeps it" in ended.why


@given(st.integers(1, 1000), LUCK)
def test_a_pause_doubles_is_bounded_and_never_less_than_half_of_itself(attempts: int, luck: float) -> None:
    whole = delivery.pause(attempts, 1.0)
    assert whole / 2 <= delivery.pause(attempts, luck) <= whole <= delivery.LONGEST_PAUSE
    assert delivery.pause(attempts + 1, luck) >= delivery.pause(attempts, luck)
