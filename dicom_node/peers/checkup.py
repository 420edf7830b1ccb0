"""What fails on the way to a peer, one step after the other: name, route, TLS, association, contexts, echo."""

from __future__ import annotations

import errno
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dicom_node.peers.address import resolve
from dicom_node.scu.association import CONNECT_S, Target, Verification, negotiate
from dicom_node.scu.checkpoint import keep_answers

_IMPLICIT = "1.2.840.10008.1.2"
_OFFERED = {
    "C-ECHO": Verification,
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "SEG": "1.2.840.10008.5.1.4.1.1.66.4",
    "SR": "1.2.840.10008.5.1.4.1.1.88.33",
    "SC": "1.2.840.10008.5.1.4.1.1.7",
    "C-FIND": "1.2.840.10008.5.1.4.1.2.2.1",
    "C-MOVE": "1.2.840.10008.5.1.4.1.2.2.2",
    "commitment": "1.2.840.10008.1.20.1",
}
"""What a peer may be asked for some day: pictures to keep, results to keep, queries."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: whether it went well, a code for pages with its values, and the same as a sentence.

    ``ok`` is none for a step that does not apply.
    """

    name: str
    ok: bool | None
    code: str
    says: str
    values: dict[str, str] = field(default_factory=dict)


def check_up(target: Target) -> Iterator[Step]:
    """Go as far as it goes; the last step is the one that failed, or C-ECHO."""
    for take in (_name, _route, _tls):
        step = take(target)
        yield step
        if step.ok is False:
            return
    yield from _association(target)


def _name(target: Target) -> Step:
    found = sorted(resolve(target.host))
    values = {"host": target.host, "addresses": ", ".join(found)}
    if not found:
        return Step("name", False, "name_unknown", f"This machine's name service does not know {target.host}.", values)  # noqa: FBT003
    return _well("name", "name_known", f"{target.host} is {values['addresses']}.", values)


def _route(target: Target) -> Step:
    values = {"where": f"{target.host}:{target.port}", "seconds": f"{CONNECT_S:.0f}"}
    try:
        socket.create_connection((target.host, target.port), timeout=CONNECT_S).close()
    except OSError as exc:
        code, says = _why_no_route(exc)
        return _ill("route", code, says.format(**values), values)
    return _well("route", "route_there", "{where} accepts connections.".format(**values), values)


def _why_no_route(error: OSError) -> tuple[str, str]:
    if isinstance(error, ConnectionRefusedError):
        return "route_refused", "The machine answers, but nothing listens at {where}."
    if isinstance(error, TimeoutError):
        return "route_silent", "No answer from {where} within {seconds} s: a firewall, or the machine is off."
    if error.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
        return "route_none", "There is no route to {where}."
    return "route_failed", "The connection to {where} failed."


def _tls(target: Target) -> Step:
    if target.tls is None:
        return Step("tls", None, "tls_off", "TLS is not used with this peer.")
    try:
        plain = socket.create_connection((target.host, target.port), timeout=CONNECT_S)
        with plain, target.tls.wrap_socket(plain, server_hostname=target.host) as line:
            values = {"version": str(line.version()), "cipher": str((line.cipher() or ("",))[0])}
            return _well("tls", "tls_spoken", "{version} with {cipher}.".format(**values), values)
    except OSError as exc:
        code, says, values = _why_no_tls(exc, target)
        return _ill("tls", code, says.format(**values), values)


def _why_no_tls(error: OSError, target: Target) -> tuple[str, str, dict[str, str]]:
    values = {"host": target.host}
    if isinstance(error, ssl.SSLCertVerificationError):
        values["why"] = str(error.verify_message)
        match error.verify_code:
            case 9 | 10:
                return "tls_expired", "Its certificate is not valid today.", values
            case 62 | 64:
                return "tls_other_name", "Its certificate is for another name than {host}.", values
            case _:
                return "tls_untrusted", "Nobody we trust vouches for its certificate: {why}.", values
    if getattr(error, "reason", None) in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "BAD_RECORD_TYPE"}:
        return "tls_not_spoken", "What listens there does not speak TLS.", values
    values["why"] = str(getattr(error, "reason", None) or type(error).__name__)
    return "tls_failed", "TLS was not agreed on: {why}.", values


def _association(target: Target) -> Iterator[Step]:
    association = negotiate(target, [(uid, _IMPLICIT) for uid in _OFFERED.values()])
    if not association.is_established:
        yield _not_established(association, target)
        return
    keep_answers(association)
    try:
        values = {"called": target.called, "calling": target.calling}
        says = "{called} accepts an association of {calling}.".format(**values)
        yield _well("association", "association_accepted", says, values)
        contexts = _contexts(association)
        yield contexts
        if contexts.ok:
            yield _echo(association)
    finally:
        association.release()


_REJECTED: dict[tuple[int, int], tuple[str, str]] = {
    (1, 2): ("rejected_application", "It rejects DICOM's application context name."),
    (1, 3): ("rejected_calling", "It does not know our AE title {calling}, or not at this address: ask its people."),
    (1, 7): ("rejected_called", "It does not answer to the AE title {called}; check how it is written."),
    (2, 2): ("rejected_version", "It speaks another version of the protocol."),
    (3, 1): ("rejected_congested", "It is congested; try again later."),
    (3, 2): ("rejected_limit", "It has too many associations open; try again later."),
}
"""Source and diagnostic of an A-ASSOCIATE-RJ (PS3.8 table 9-21)."""
_REJECTED_UNSAID = ("rejected", "It rejects the association without a reason; it may want a user name.")


def _not_established(association: Any, target: Target) -> Step:
    values = {"calling": target.calling, "called": target.called}
    if association.is_rejected:
        answer = association.acceptor.primitive
        code, says = _REJECTED.get((answer.result_source, answer.diagnostic), _REJECTED_UNSAID)
        return _ill("association", code, says.format(**values), values)
    if target.tls is None:
        return _ill("association", "hung_up", "It hangs up without an answer; it may want TLS.", values)
    return _ill("association", "hung_up_tls", "It hangs up behind TLS; it may not accept our certificate.", values)


def _contexts(association: Any) -> Step:
    accepted = {str(one.abstract_syntax) for one in association.accepted_contexts}
    taken = ", ".join(name for name, uid in _OFFERED.items() if uid in accepted) or "—"
    left = ", ".join(name for name, uid in _OFFERED.items() if uid not in accepted) or "—"
    values = {"accepted": taken, "refused": left}
    if Verification not in accepted:
        says = "It does not offer C-ECHO; it takes: {accepted}.".format(**values)
        return _ill("contexts", "no_verification", says, values)
    says = "It takes: {accepted}; it does not take: {refused}.".format(**values)
    return _well("contexts", "contexts_taken", says, values)


def _echo(association: Any, clock: Callable[[], float] = time.monotonic) -> Step:
    began = clock()
    answer = association.send_c_echo()
    if "Status" not in answer:
        return _ill("echo", "echo_unanswered", "It does not answer C-ECHO.", {})
    values = {"status": f"{answer.Status:04X}", "milliseconds": f"{(clock() - began) * 1000:.0f}"}
    if answer.Status != 0:
        return _ill("echo", "echo_refused", "It answers C-ECHO with status {status}.".format(**values), values)
    return _well("echo", "echo_answered", "It answers C-ECHO in {milliseconds} ms.".format(**values), values)


def _well(name: str, code: str, says: str, values: dict[str, str]) -> Step:
    return Step(name, True, code, says, values)  # noqa: FBT003


def _ill(name: str, code: str, says: str, values: dict[str, str]) -> Step:
    return Step(name, False, code, says, values)  # noqa: FBT003
