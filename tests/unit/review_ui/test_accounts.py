"""Passwords, the brake on guessing them, and how long a session lasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_ui.accounts.lockout import PER_ACCOUNT, LockoutPolicy, Throttle
from review_ui.accounts.passwords import Passwords, WeakPassword, check_new, one_time_password
from review_ui.accounts.sessions import IDLE, LONGEST, digest, expiry
from review_ui.accounts.store import plain_name

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def test_a_password_fits_its_own_hash_only() -> None:
    passwords = Passwords()
    kept = passwords.hash("correct horse battery")
    assert passwords.fits(kept, "correct horse battery")
    assert not passwords.fits(kept, "Correct horse battery")
    assert not passwords.fits("no hash at all", "correct horse battery")


def test_no_password_fits_where_there_is_no_account() -> None:
    assert not Passwords().fits(None, "")


def test_one_time_passwords_are_all_different_and_good_enough() -> None:
    made = {one_time_password() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        check_new("admin", "", password)


@pytest.mark.parametrize("new", ["", "elevenchars", "x" * 257, "the one before", "ADMINISTRATOR"])
def test_a_weak_password_is_refused(new: str) -> None:
    with pytest.raises(WeakPassword):
        check_new("administrator", "the one before", new)


@given(st.integers(0, 10_000))
def test_waits_grow_with_failures_and_stay_bearable(failures: int) -> None:
    wait, longer = PER_ACCOUNT.wait_after(failures), PER_ACCOUNT.wait_after(failures + 1)
    assert timedelta(0) <= wait <= longer <= PER_ACCOUNT.longest
    assert (wait == timedelta(0)) == (failures <= PER_ACCOUNT.free)


def test_a_throttle_counts_by_key_forgets_and_stays_small() -> None:
    throttle = Throttle(LockoutPolicy(free=1), forget_after=timedelta(minutes=10), most=2)
    throttle.failed("a", NOW)
    assert throttle.locked_until("a", NOW) is None
    throttle.failed("a", NOW)
    assert throttle.locked_until("a", NOW) == NOW + timedelta(seconds=30)
    assert throttle.locked_until("b", NOW) is None
    assert throttle.locked_until("a", NOW + timedelta(seconds=30)) is None
    throttle.failed("a", NOW + timedelta(minutes=11))
    assert throttle.locked_until("a", NOW + timedelta(minutes=11)) is None
    throttle.failed("b", NOW)
    throttle.failed("c", NOW)
    throttle.failed("a", NOW)
    assert throttle.locked_until("a", NOW) is None


@given(st.timedeltas(timedelta(0), timedelta(days=10)))
def test_a_session_ends_by_idleness_or_by_age(used_after: timedelta) -> None:
    until = expiry(NOW, NOW + used_after)
    assert until <= NOW + LONGEST
    assert until <= NOW + used_after + IDLE


def test_a_token_is_kept_as_its_digest() -> None:
    assert len(digest("token")) == 32
    assert digest("token") != digest("Token")


def test_a_name_has_one_spelling() -> None:
    assert plain_name(" Le.Goff ") == "le.goff"
