"""The port every channel fits: one message, one person, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from pipeline.database.channels import Subscription
from pipeline.domain.notification import Setback


@dataclass(frozen=True, slots=True)
class Message:
    """All that a notification says: a tier and a site in words, and an opaque link, empty where none was set up."""

    kind: str
    tier: str
    site: str
    text: str
    link: str
    token: str


@dataclass(frozen=True, slots=True)
class Person:
    """How somebody is reached; ``name`` is the account's own id, not how he is called."""

    name: str
    phone: str = ""
    email: str = ""
    subscriptions: tuple[Subscription, ...] = field(default=())


class Carrier(Protocol):
    """A way of reaching somebody."""

    def carry(self, message: Message, to: Person) -> Setback | None:
        """Hand the message over; none when the other system took it.

        Never raises for what the other system does; raises `BadInput` or `OSError` when its own settings,
        such as a secret's file, cannot be read.
        """
        ...
