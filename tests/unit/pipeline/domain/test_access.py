"""Who may see, take and correct what."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.access import (
    AccountRole,
    Viewer,
    may_decide_identity,
    may_grant,
    may_hand,
    may_see,
    may_see_patients,
    may_take,
    sees_every_site,
)

viewers = st.builds(
    Viewer, st.sampled_from(AccountRole), st.none() | st.sampled_from(["brest", "carhaix"]), st.booleans()
)
sites = st.sampled_from(["brest", "carhaix", ""])


@given(viewers, sites)
def test_nobody_may_take_or_correct_what_he_may_not_see(viewer: Viewer, site: str) -> None:
    assert may_see(viewer, site) or not (may_take(viewer, site) or may_decide_identity(viewer, site))


@given(viewers, sites)
def test_a_site_account_sees_its_own_site_and_the_others_see_all(viewer: Viewer, site: str) -> None:
    expected = viewer.site_id == site if viewer.role is AccountRole.SITE else True
    assert may_see(viewer, site) == expected
    assert sees_every_site(viewer) == (viewer.role is not AccountRole.SITE)


@given(sites)
def test_a_site_account_without_a_site_sees_nothing(site: str) -> None:
    assert not may_see(Viewer(AccountRole.SITE), site)


@given(viewers, sites)
def test_only_those_who_give_opinions_take_cases(viewer: Viewer, site: str) -> None:
    assert may_take(viewer, site) == (viewer.role is AccountRole.EXPERT)


@given(viewers, sites)
def test_an_administrator_sees_patients_only_while_somebody_granted_it_and_decides_nothing_unseen(
    viewer: Viewer, site: str
) -> None:
    administrator = viewer.role is AccountRole.ADMINISTRATOR
    assert may_see_patients(viewer) == (not administrator or viewer.granted)
    assert may_see_patients(viewer) or not (may_take(viewer, site) or may_decide_identity(viewer, site))


def test_grants_are_given_by_administrators_and_coordinators_and_cases_handed_by_coordinators() -> None:
    assert {role for role in AccountRole if may_grant(Viewer(role))} == {
        AccountRole.ADMINISTRATOR,
        AccountRole.COORDINATOR,
    }
    assert {role for role in AccountRole if may_hand(Viewer(role))} == {AccountRole.COORDINATOR}
