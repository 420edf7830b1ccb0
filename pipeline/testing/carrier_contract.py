"""What every channel must do, whatever carries it: one set of tests for all of them."""

# ruff: noqa: S101 -- tests
from __future__ import annotations

from abc import ABC, abstractmethod

from pipeline.clerk.notify.carrier import Carrier, Message, Person

MESSAGE = Message(
    kind="call",
    tier="red",
    site="Carhaix",
    text="Cas rouge, site Carhaix : à ouvrir",
    link="https://desk.example/n/opaque",
    token="opaque",  # noqa: S106 - not a secret
)


class CarrierContract(ABC):
    """Subclass it, and give a carrier to a listener, to one that refuses, and to nobody."""

    @abstractmethod
    def carrier(self, *, answers: str) -> Carrier:
        """A carrier to a system that "takes", "refuses", is "busy", or is "away"."""

    @abstractmethod
    def person(self) -> Person:
        """Somebody it reaches."""

    @abstractmethod
    def arrived(self) -> list[str]:
        """The text of each message that arrived, decrypted where it was encrypted."""

    def test_what_is_taken_has_arrived_with_its_text_and_link(self) -> None:
        """The other system has exactly what was given to it."""
        assert self.carrier(answers="takes").carry(MESSAGE, self.person()) is None
        (text,) = self.arrived()
        assert MESSAGE.text in text
        assert MESSAGE.link in text

    def test_a_refusal_is_hopeless_and_a_busy_system_is_tried_again(self) -> None:
        """Trying again helps against time, not against a wrong address."""
        refused = self.carrier(answers="refuses").carry(MESSAGE, self.person())
        assert refused is not None
        assert refused.hopeless
        busy = self.carrier(answers="busy").carry(MESSAGE, self.person())
        assert busy is not None
        assert not busy.hopeless

    def test_nobody_there_is_a_setback_and_not_an_error(self) -> None:
        """A system that is away may come back."""
        away = self.carrier(answers="away").carry(MESSAGE, self.person())
        assert away is not None
        assert not away.hopeless

    def test_a_setback_says_nothing_that_was_in_the_message(self) -> None:
        """What is written down and logged is ours."""
        away = self.carrier(answers="away").carry(MESSAGE, self.person())
        assert away is not None
        assert MESSAGE.token not in away.why
