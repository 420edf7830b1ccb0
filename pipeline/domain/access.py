"""Who may see, take and correct what: decided here, enforced on every route of the desk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AccountRole(StrEnum):
    """What an account is for."""

    ADMINISTRATOR = "administrator"
    """Keeps the installation running: sees that cases are there and how they fare, and no patient unless granted."""
    COORDINATOR = "coordinator"
    """Keeps the rota, and finds somebody for a case that nobody acknowledges; sees every case."""
    EXPERT = "expert"
    """Gives opinions on the cases of every site."""
    SITE = "site"
    """A hospital asking for opinions; it sees its own cases and no others."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking: a role and, for the role "site", the hospital.

    ``granted``: somebody else lets this administrator see images and patients for now.
    """

    role: AccountRole
    site_id: str | None = None
    granted: bool = False


def sees_every_site(viewer: Viewer) -> bool:
    """Whether the cases of every hospital are shown to this viewer."""
    return viewer.role is not AccountRole.SITE


def may_see(viewer: Viewer, site_id: str) -> bool:
    """Whether a viewer may know that a case of this site exists; a site account without a site sees nothing."""
    return sees_every_site(viewer) or viewer.site_id == site_id


def may_see_patients(viewer: Viewer) -> bool:
    """Whether, of the cases a viewer may see, images, names and what was written about patients are shown to him."""
    return viewer.role is not AccountRole.ADMINISTRATOR or viewer.granted


def may_grant(viewer: Viewer) -> bool:
    """Whether a viewer may let an administrator, other than himself, see images and patients for a while."""
    return viewer.role in (AccountRole.ADMINISTRATOR, AccountRole.COORDINATOR)


def may_take(viewer: Viewer, site_id: str) -> bool:
    """Whether a viewer may become the owner of a case of this site: those who give opinions may."""
    return may_see(viewer, site_id) and viewer.role is AccountRole.EXPERT


def may_hand(viewer: Viewer) -> bool:
    """Whether a viewer may name the expert who is to have a case."""
    return viewer.role is AccountRole.COORDINATOR


def may_close(viewer: Viewer, site_id: str) -> bool:
    """Whether a viewer may take a settled case of this site off the worklist: who answers it, or sees to it."""
    return may_see(viewer, site_id) and viewer.role in (AccountRole.COORDINATOR, AccountRole.EXPERT)


def may_correct_role(viewer: Viewer, site_id: str) -> bool:
    """Whether a viewer may say what a series is, which has it read again: those who give opinions may."""
    return may_take(viewer, site_id)


def may_decide_identity(viewer: Viewer, site_id: str) -> bool:
    """Whether a viewer may confirm who the patient is: whoever sees the case, its own hospital first of all."""
    return may_see(viewer, site_id) and may_see_patients(viewer)


def may_see_deliveries(viewer: Viewer) -> bool:
    """Whether a viewer may know what is owed to other systems: whoever works for every hospital."""
    return sees_every_site(viewer)


def may_resend(viewer: Viewer) -> bool:
    """Whether a viewer may have something sent again: whoever keeps the installation running."""
    return viewer.role is AccountRole.ADMINISTRATOR


def may_ask(viewer: Viewer, site_id: str) -> bool:
    """Whether a viewer may ask for an opinion in a hospital's name, and change what was asked.

    Its own people may, and whoever writes down what they say on the telephone.
    """
    return may_see(viewer, site_id) and may_write_requests(viewer)


def may_write_requests(viewer: Viewer) -> bool:
    """Whether a viewer asks for opinions at all, in whatever hospital's name."""
    return viewer.role is not AccountRole.ADMINISTRATOR


def may_tell_treatment(viewer: Viewer, site_id: str) -> bool:
    """Whether a viewer may say when a case was treated or left: whoever asks, and whoever is asked."""
    return may_ask(viewer, site_id)


def may_keep_rota(viewer: Viewer) -> bool:
    """Whether a viewer may say who is on duty."""
    return viewer.role in (AccountRole.ADMINISTRATOR, AccountRole.COORDINATOR)


def may_see_rota(viewer: Viewer) -> bool:
    """Whether a viewer may know who is on duty when: whoever works for every hospital."""
    return sees_every_site(viewer)


def may_set_up(viewer: Viewer) -> bool:
    """Whether a viewer may say where notifications go, and which telephone is the last resort."""
    return viewer.role is AccountRole.ADMINISTRATOR


def may_converse(viewer: Viewer, site_id: str) -> bool:
    """Whether a viewer may write to the participants of a case of this site: its hospital, and who cares for it."""
    return may_see(viewer, site_id) and viewer.role is not AccountRole.ADMINISTRATOR
