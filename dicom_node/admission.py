"""Who may come in, and what a C-STORE answers: decisions only, in the words of PS3.4, PS3.7 and PS3.8."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address

from dicom_node.caller import Caller, Certificate, UserIdentity
from dicom_node.peers.address import plain_address
from dicom_node.peers.peer import KnownPeer, Peer
from dicom_node.vault.header import InstanceIds
from pipeline.domain.errors import UnreadableInstance, VaultError
from pipeline.domain.peer import NO_RULES, PeerRules, Service, fits_passcode, is_within
from pipeline.domain.refusal import Refusal
from pipeline.domain.site import LOCAL_SITE


class Rejection(Enum):
    """Result, source and diagnostic of an A-ASSOCIATE-RJ (PS3.8 9.3.4, table 9-21)."""

    NO_REASON = (1, 1, 1)
    CALLING_AE_UNKNOWN = (1, 1, 3)
    CALLED_AE_UNKNOWN = (1, 1, 7)
    CONGESTION = (2, 3, 1)


@dataclass(frozen=True, slots=True)
class DoorPolicy:
    """What an administrator decided about callers.

    ``site_of_unknown`` receives callers that are neither known nor on this machine; empty refuses them.
    ``check_called_ae`` also refuses those that call us by another name than ``ae_title``. ``host`` is where we
    listen: who calls from there is on this machine.
    """

    ae_title: str
    site_of_unknown: str = ""
    check_called_ae: bool = False
    most_associations_of_peer: int = 16
    most_associations: int = 64
    host: str = ""

    @property
    def most_associations_of_host(self) -> int:
        """One address cannot keep all others out, whatever it calls itself."""
        return max(self.most_associations // 2, 1)


@dataclass(frozen=True, slots=True)
class Open:
    """How many associations are open: of one caller, of its address, and in all."""

    of_caller: int = 0
    of_host: int = 0
    in_all: int = 0


@dataclass(frozen=True, slots=True)
class Admitted:
    """The association is accepted; all it brings belongs to ``site_id``, under the rules of ``peer`` if known.

    ``user_accepted`` says that the user identity was checked, and is to be answered if an answer is wanted.
    """

    site_id: str
    peer_ae_title: str
    peer: Peer | None = None
    user_accepted: bool = False

    @property
    def rules(self) -> PeerRules:
        """The rules it is under."""
        return self.peer.rules if self.peer else NO_RULES

    def allows(self, service: Service | None) -> bool:
        """Whether it may ask for a service; none is verification."""
        return service is None or service in self.rules.services


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """The association is refused, with what the caller is told and what the log says."""

    rejection: Rejection
    refusal: Refusal
    why: str


_NONE = Open()


def admit(
    caller: Caller, policy: DoorPolicy, peers: Iterable[KnownPeer], already: Open = _NONE
) -> Admitted | NotAdmitted:
    """Decide about an association; ``already`` says which are open."""
    who = identify(caller, policy, peers)
    return who if isinstance(who, NotAdmitted) else crowded(who, policy, already) or who


def identify(caller: Caller, policy: DoorPolicy, peers: Iterable[KnownPeer]) -> Admitted | NotAdmitted:
    """Decide who it is that calls; a passcode takes some 50 ms to check."""
    if policy.check_called_ae and caller.called_ae_title != policy.ae_title:
        return _other_called(policy.ae_title)
    host = plain_address(caller.host)
    named = [peer for peer in peers if peer.peer.ae_title == caller.calling_ae_title]
    here = [known.peer for known in named if host in known.addresses or is_within(host, known.peer.rules.networks)]
    judged = [_judge(caller, peer) for peer in here]
    if judged:
        return next((one for one in judged if isinstance(one, Admitted)), judged[0])
    if ip_address(host).is_loopback or host == policy.host:
        return Admitted(LOCAL_SITE, caller.calling_ae_title)
    if policy.site_of_unknown:
        return Admitted(policy.site_of_unknown, caller.calling_ae_title)
    return _unknown(known=bool(named))


def crowded(who: Admitted, policy: DoorPolicy, already: Open) -> NotAdmitted | None:
    """Whether too many associations are open for one more of this caller."""
    most = who.rules.associations or policy.most_associations_of_peer
    if already.of_caller >= most:
        return _too_many(f"this caller already has {already.of_caller} associations open")
    if already.of_host >= policy.most_associations_of_host:
        return _too_many(f"this address already has {already.of_host} associations open")
    if already.in_all >= policy.most_associations:
        return _too_many(f"{already.in_all} associations are open already")
    return None


def _judge(caller: Caller, peer: Peer) -> Admitted | NotAdmitted:
    """Whether a caller at the address of a peer is that peer, by all its rules."""
    rules = peer.rules
    if not rules.enabled:
        return _not_it(Refusal.DISABLED, "an administrator has disabled this peer")
    if rules.certificates and caller.certificate is None:
        return _not_it(Refusal.NO_CERTIFICATE, "it shows no certificate, and must")
    if rules.certificates and not _shows(caller.certificate, rules.certificates):
        return _not_it(Refusal.OTHER_CERTIFICATE, "it shows another certificate than the peer's")
    if rules.called_ae_title and caller.called_ae_title != rules.called_ae_title:
        return _other_called(rules.called_ae_title)
    if rules.username and (refused := _user(caller.user, rules)):
        return refused
    return Admitted(peer.site_id, peer.ae_title, peer, user_accepted=bool(rules.username))


def _shows(certificate: Certificate | None, wanted: tuple[str, ...]) -> bool:
    if certificate is None:
        return False
    names = {certificate.fingerprint} | ({f"CN={certificate.common_name}"} if certificate.common_name else set())
    return not names.isdisjoint(wanted)


def _user(user: UserIdentity | None, rules: PeerRules) -> NotAdmitted | None:
    if user is None or user.kind not in {1, 2}:
        return NotAdmitted(Rejection.NO_REASON, Refusal.NO_USER, "it names no user, and must")
    named = user.primary.decode("utf-8", "replace") == rules.username
    passcode = user.secondary.decode("utf-8", "replace")
    proven = not rules.passcode_hash or (user.kind == 2 and fits_passcode(rules.passcode_hash, passcode))
    if named and proven:
        return None
    return NotAdmitted(Rejection.NO_REASON, Refusal.OTHER_USER, "it names another user, or its passcode is wrong")


def _unknown(*, known: bool) -> NotAdmitted:
    if known:
        why = "this AE title is known, but at another address; add it with `neurovigie peer add`"
        return _not_it(Refusal.OTHER_ADDRESS, why)
    return _not_it(Refusal.UNKNOWN, "no such peer is known; add it with `neurovigie peer add`")


def _not_it(refusal: Refusal, why: str) -> NotAdmitted:
    return NotAdmitted(Rejection.CALLING_AE_UNKNOWN, refusal, why)


def _other_called(ours: str) -> NotAdmitted:
    why = f"it calls another AE title; ours is {ours}"
    return NotAdmitted(Rejection.CALLED_AE_UNKNOWN, Refusal.OTHER_CALLED_AE, why)


def _too_many(why: str) -> NotAdmitted:
    return NotAdmitted(Rejection.CONGESTION, Refusal.TOO_MANY, why)


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What a C-STORE answers: Status (0000,0900) and Error Comment (0000,0902), at most 64 characters."""

    code: int
    comment: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "comment", self.comment.encode("ascii", "replace").decode()[:64])


SUCCESS = StoreStatus(0x0000)
PROCESSING_FAILURE = StoreStatus(0x0110, "An unexpected failure; the image was not stored.")
"""PS3.7 C.5.14."""

_OUT_OF_RESOURCES = 0xA700  # PS3.4 table B.2-1: Refused: Out of resources
_DATA_SET_MISMATCH = 0xA900  # PS3.4 table B.2-1: Error: Data Set does not match SOP Class
_CANNOT_UNDERSTAND = 0xC000  # PS3.4 table B.2-1: Error: Cannot understand

_STATUS_OF: tuple[tuple[type[Exception], int], ...] = (
    (VaultError, _OUT_OF_RESOURCES),  # also VaultFull: a full or failing disk is a resource we lack
    (UnreadableInstance, _CANNOT_UNDERSTAND),
)


def status_of(error: Exception) -> StoreStatus:
    """The answer to a C-STORE that failed with ``error``."""
    for kind, code in _STATUS_OF:
        if isinstance(error, kind):
            return StoreStatus(code, str(error))
    return PROCESSING_FAILURE


def too_large(limit_bytes: int) -> StoreStatus:
    """The answer to a data set larger than this node takes in."""
    return StoreStatus(_OUT_OF_RESOURCES, f"The data set is larger than {limit_bytes >> 20} MiB.")


def no_memory() -> StoreStatus:
    """The answer when the data sets that are coming in leave no room for this one."""
    return StoreStatus(_OUT_OF_RESOURCES, "Too much comes in at this moment; send again later.")


def quota_used_up() -> StoreStatus:
    """The answer to a peer that has sent all it may send in a day."""
    return StoreStatus(_OUT_OF_RESOURCES, "The quota of this peer for today is used up.")


def closing() -> StoreStatus:
    """The answer while the node stops: the sender should try again later."""
    return StoreStatus(_OUT_OF_RESOURCES, "The node is stopping; send again later.")


def agree(ids: InstanceIds, SOPClassUID: str) -> StoreStatus:
    """Whether a data set is of the SOP class that the C-STORE command said.

    Another SOP instance than the command's is no reason to lose an image: the data set's own is kept.
    """
    if ids.SOPClassUID and ids.SOPClassUID != SOPClassUID:
        return StoreStatus(_DATA_SET_MISMATCH, "The data set has another SOP class than the command.")
    return SUCCESS
