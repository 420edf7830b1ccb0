"""The state table of an association acceptor, as PS3.8 tables 9-2 to 9-10 have it."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """States of PS3.8 9.2.1 that an acceptor can be in."""

    IDLE = "Sta1"
    AWAITING_REQUEST = "Sta2"
    AWAITING_OUR_RESPONSE = "Sta3"
    ESTABLISHED = "Sta6"
    AWAITING_OUR_RELEASE = "Sta8"
    AWAITING_CLOSE = "Sta13"


class Event(Enum):
    """Events of PS3.8 9.2.2 that can reach an acceptor which releases nothing by itself."""

    ACCEPT_PDU = "Evt3"
    REJECT_PDU = "Evt4"
    CONNECTED = "Evt5"
    REQUEST_PDU = "Evt6"
    WE_ACCEPT = "Evt7"
    WE_REJECT = "Evt8"
    WE_SEND = "Evt9"
    DATA_PDU = "Evt10"
    RELEASE_REQUEST_PDU = "Evt12"
    RELEASE_RESPONSE_PDU = "Evt13"
    WE_RELEASE = "Evt14"
    WE_ABORT = "Evt15"
    ABORT_PDU = "Evt16"
    CLOSED = "Evt17"
    ARTIM_EXPIRED = "Evt18"
    INVALID_PDU = "Evt19"


class Action(Enum):
    """Actions of PS3.8 tables 9-6 to 9-9."""

    EXPECT_REQUEST = "AE-5"
    EXAMINE_REQUEST = "AE-6"
    ACCEPT = "AE-7"
    REJECT = "AE-8"
    SEND = "DT-1"
    TAKE_DATA = "DT-2"
    TAKE_RELEASE = "AR-2"
    RELEASE = "AR-4"
    CLOSED = "AR-5"
    SEND_BEFORE_RELEASE = "AR-7"
    ABORT = "AA-1"
    CLOSE = "AA-2"
    ABORTED = "AA-3"
    LOST = "AA-4"
    GONE = "AA-5"
    IGNORE = "AA-6"
    ABORT_AGAIN = "AA-7"
    PROVIDER_ABORT = "AA-8"


_PDUS = (
    Event.ACCEPT_PDU,
    Event.REJECT_PDU,
    Event.REQUEST_PDU,
    Event.DATA_PDU,
    Event.RELEASE_REQUEST_PDU,
    Event.RELEASE_RESPONSE_PDU,
    Event.INVALID_PDU,
)
_Row = dict[Event, tuple[Action, State]]


def _all(action: Action) -> _Row:
    return dict.fromkeys(_PDUS, (action, State.AWAITING_CLOSE))


_ENDS: _Row = {
    Event.WE_ABORT: (Action.ABORT, State.AWAITING_CLOSE),
    Event.ABORT_PDU: (Action.ABORTED, State.IDLE),
    Event.CLOSED: (Action.LOST, State.IDLE),
}

TABLE: dict[State, _Row] = {
    State.IDLE: {Event.CONNECTED: (Action.EXPECT_REQUEST, State.AWAITING_REQUEST)},
    State.AWAITING_REQUEST: {
        **_all(Action.ABORT),
        Event.REQUEST_PDU: (Action.EXAMINE_REQUEST, State.AWAITING_OUR_RESPONSE),
        Event.ABORT_PDU: (Action.CLOSE, State.IDLE),
        Event.CLOSED: (Action.GONE, State.IDLE),
        Event.ARTIM_EXPIRED: (Action.CLOSE, State.IDLE),
    },
    State.AWAITING_OUR_RESPONSE: {
        **_all(Action.PROVIDER_ABORT),
        **_ENDS,
        Event.WE_ACCEPT: (Action.ACCEPT, State.ESTABLISHED),
        Event.WE_REJECT: (Action.REJECT, State.AWAITING_CLOSE),
    },
    State.ESTABLISHED: {
        **_all(Action.PROVIDER_ABORT),
        **_ENDS,
        Event.WE_SEND: (Action.SEND, State.ESTABLISHED),
        Event.DATA_PDU: (Action.TAKE_DATA, State.ESTABLISHED),
        Event.RELEASE_REQUEST_PDU: (Action.TAKE_RELEASE, State.AWAITING_OUR_RELEASE),
    },
    State.AWAITING_OUR_RELEASE: {
        **_all(Action.PROVIDER_ABORT),
        **_ENDS,
        Event.WE_SEND: (Action.SEND_BEFORE_RELEASE, State.AWAITING_OUR_RELEASE),
        Event.WE_RELEASE: (Action.RELEASE, State.AWAITING_CLOSE),
    },
    State.AWAITING_CLOSE: {
        **_all(Action.IGNORE),
        Event.REQUEST_PDU: (Action.ABORT_AGAIN, State.AWAITING_CLOSE),
        Event.INVALID_PDU: (Action.ABORT_AGAIN, State.AWAITING_CLOSE),
        Event.ABORT_PDU: (Action.CLOSE, State.IDLE),
        Event.CLOSED: (Action.CLOSED, State.IDLE),
        Event.ARTIM_EXPIRED: (Action.CLOSE, State.IDLE),
    },
}
"""By state and event: what to do, and the state after it. An event a state lacks cannot happen in it."""
