"""Taking and releasing a case."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline.domain.ownership import Ownership, ReleaseVerdict, TakeVerdict, release, take

ME, OTHER = UUID(int=1), UUID(int=2)
accounts = st.sampled_from([ME, OTHER, UUID(int=3)])


def test_each_situation_has_its_answer() -> None:
    assert take(Ownership(None), ME) is TakeVerdict.TAKEN
    assert take(Ownership(ME), ME) is TakeVerdict.ALREADY_YOURS
    assert take(Ownership(OTHER), ME) is TakeVerdict.ALREADY_TAKEN
    assert release(Ownership(ME), ME) is ReleaseVerdict.RELEASED
    assert release(Ownership(OTHER), ME) is ReleaseVerdict.NOT_YOURS
    assert release(Ownership(None), ME) is ReleaseVerdict.NOT_TAKEN


@given(st.none() | accounts, accounts)
def test_a_closed_case_changes_hands_no_more(owner: UUID | None, account: UUID) -> None:
    closed = Ownership(owner, closed=True)
    assert take(closed, account) is TakeVerdict.CLOSED
    assert release(closed, account) is ReleaseVerdict.CLOSED


class OneOwner(RuleBasedStateMachine):
    """Whoever holds the case was the last to be told so, and nobody takes it from under him."""

    def __init__(self) -> None:
        super().__init__()
        self.owner: UUID | None = None
        self.believes: set[UUID] = set()

    @rule(account=accounts)
    def takes(self, account: UUID) -> None:
        verdict = take(Ownership(self.owner), account)
        if verdict is TakeVerdict.TAKEN:
            self.owner = account
        if verdict in (TakeVerdict.TAKEN, TakeVerdict.ALREADY_YOURS):
            self.believes.add(account)

    @rule(account=accounts)
    def releases(self, account: UUID) -> None:
        if release(Ownership(self.owner), account) is ReleaseVerdict.RELEASED:
            self.owner = None
            self.believes.discard(account)

    @invariant()
    def whoever_believes_to_hold_it_does(self) -> None:
        assert self.believes == ({self.owner} if self.owner else set())


TestOneOwner = OneOwner.TestCase
