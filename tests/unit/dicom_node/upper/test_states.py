"""Our state table is the standard's: pynetdicom wrote the same one down."""

from __future__ import annotations

from pynetdicom.fsm import TRANSITION_TABLE

from dicom_node.upper.states import TABLE, Event, State


def test_every_transition_is_the_one_that_pynetdicom_has() -> None:
    theirs = {(event, state): action for (event, state), action in TRANSITION_TABLE.items()}
    for state, row in TABLE.items():
        for event, (action, _) in row.items():
            assert theirs[event.value, state.value] == action.value, (state, event)


def test_whatever_an_acceptor_hears_in_a_state_is_in_the_table() -> None:
    by_us = {Event.WE_ACCEPT, Event.WE_REJECT, Event.WE_SEND, Event.WE_RELEASE, Event.WE_ABORT}
    by_time = {Event.CONNECTED, Event.ARTIM_EXPIRED}
    for state in set(State) - {State.IDLE}:
        assert set(Event) - by_us - by_time <= set(TABLE[state]), state
