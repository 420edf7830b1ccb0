"""A notification: said to be sent only when the other system said so, tried again for half an hour, then given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.domain import notification as moves
from pipeline.domain.notification import Notification, NotificationKind, NotificationState, Setback, words
from pipeline.domain.tier import Tier

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LUCK = st.floats(0, 1)


class ANotification(RuleBasedStateMachine):
    """Everything that may happen to a notification, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.one = moves.new(NOW)
        self.fences: list[int] = []
        self.taken = False

    def become(self, changed: Notification | None) -> bool:
        if changed is not None:
            self.one = changed
        return changed is not None

    @rule(by=st.timedeltas(timedelta(), timedelta(minutes=5)))
    def time_passes(self, by: timedelta) -> None:
        self.now += by

    @rule()
    def somebody_claims(self) -> None:
        if self.become(moves.claim(self.one, self.now)):
            self.fences.append(self.one.fence)

    @precondition(lambda self: self.fences)
    @rule(data=st.data())
    def the_other_system_takes_it(self, data: st.DataObject) -> None:
        fence = data.draw(st.sampled_from(self.fences))
        if self.become(moves.sent(self.one, fence, self.now)):
            assert fence == max(self.fences)
            self.taken = True

    @precondition(lambda self: self.fences)
    @rule(data=st.data(), luck=LUCK, hopeless=st.booleans())
    def an_attempt_fails(self, data: st.DataObject, luck: float, hopeless: bool) -> None:
        fence = data.draw(st.sampled_from(self.fences))
        self.become(moves.failed(self.one, fence, Setback("because", hopeless), self.now, luck))

    @rule(luck=LUCK)
    def a_lease_runs_out(self, luck: float) -> None:
        self.become(moves.lost(self.one, self.now, luck))

    @rule()
    def it_is_no_longer_needed(self) -> None:
        self.become(moves.drop(self.one, "somebody else has the case"))

    @invariant()
    def it_is_sent_only_when_somebody_said_so(self) -> None:
        assert (self.one.state is NotificationState.SENT) == self.taken == (self.one.sent_at is not None)

    @invariant()
    def it_is_looked_at_again_exactly_while_something_is_left_to_do(self) -> None:
        open_states = {NotificationState.QUEUED, NotificationState.SENDING, NotificationState.FAILED_WILL_RETRY}
        assert (self.one.next_at is not None) == (self.one.state in open_states)


TestANotification = ANotification.TestCase
TestANotification.settings = settings(max_examples=40)


@given(LUCK)
def test_a_system_that_is_away_is_tried_often_and_for_half_an_hour(luck: float) -> None:
    one, now, tries = moves.new(NOW), NOW, 0
    while (claimed := moves.claim(one, now)) is not None:
        tries += 1
        failed = moves.failed(claimed, claimed.fence, Setback("away"), now, luck)
        assert failed is not None
        one = failed
        if one.next_at is None:
            break
        assert one.next_at - now <= moves.LONGEST_PAUSE
        now = one.next_at
    assert one.state is NotificationState.GIVEN_UP
    assert timedelta(minutes=30) <= now - NOW <= timedelta(minutes=31)
    assert tries >= 30


def test_a_refusal_is_given_up_after_three_attempts() -> None:
    one, now = moves.new(NOW), NOW
    for _ in range(3):
        claimed = moves.claim(one, now)
        assert claimed is not None
        failed = moves.failed(claimed, claimed.fence, Setback("answered 403", hopeless=True), now, 0.5)
        assert failed is not None
        one, now = failed, failed.next_at or now
    assert one.state is NotificationState.GIVEN_UP


def test_every_notification_says_tier_and_site_in_every_language() -> None:
    for kind, tier, language in product(NotificationKind, Tier, ("fr", "en", "zh", "br")):
        text = words(kind, tier, "Carhaix", language)
        assert "Carhaix" in text
        assert "{" not in text
    assert words(NotificationKind.CALL, Tier.RED, "Carhaix", "fr") == "Cas rouge, site Carhaix : à ouvrir"
