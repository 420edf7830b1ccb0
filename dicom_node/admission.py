"""Who may come in, and what a C-STORE answers: decisions only, in the words of PS3.4, PS3.7 and PS3.8."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address

from dicom_node.peers.address import plain_address
from dicom_node.peers.peer import KnownPeer
from dicom_node.vault.header import InstanceIds
from pipeline.domain.errors import UnreadableInstance, VaultError
from pipeline.domain.site import LOCAL_SITE


class Rejection(Enum):
    """Result, source and diagnostic of an A-ASSOCIATE-RJ (PS3.8 9.3.4, table 9-21)."""

    CALLING_AE_UNKNOWN = (1, 1, 3)
    CALLED_AE_UNKNOWN = (1, 1, 7)
    CONGESTION = (2, 3, 1)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for an association; ``host`` is the numeric address the connection comes from."""

    calling_ae_title: str
    called_ae_title: str
    host: str


@dataclass(frozen=True, slots=True)
class DoorPolicy:
    """What an administrator decided about callers.

    ``site_of_unknown`` receives callers that are neither known nor on this machine; empty refuses them.
    ``check_called_ae`` also refuses those that call us by another name than ``ae_title``.
    """

    ae_title: str
    site_of_unknown: str = ""
    check_called_ae: bool = False
    most_associations_of_peer: int = 16
    most_associations: int = 64

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
    """The association is accepted; all it brings belongs to ``site_id``."""

    site_id: str
    peer_ae_title: str


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """The association is refused, with what the caller is told and what the log says."""

    rejection: Rejection
    why: str


_NONE = Open()


def admit(
    caller: Caller, policy: DoorPolicy, peers: Iterable[KnownPeer], already: Open = _NONE
) -> Admitted | NotAdmitted:
    """Decide about an association; ``already`` says which are open."""
    refusal = _refusal(caller, policy, already)
    if refusal is not None:
        return refusal
    named = [peer for peer in peers if peer.peer.ae_title == caller.calling_ae_title]
    for known in named:
        if plain_address(caller.host) in known.addresses:
            return Admitted(known.peer.site_id, caller.calling_ae_title)
    if ip_address(plain_address(caller.host)).is_loopback:
        return Admitted(LOCAL_SITE, caller.calling_ae_title)
    if policy.site_of_unknown:
        return Admitted(policy.site_of_unknown, caller.calling_ae_title)
    return NotAdmitted(Rejection.CALLING_AE_UNKNOWN, _why_unknown(known=bool(named)))


def _refusal(caller: Caller, policy: DoorPolicy, already: Open) -> NotAdmitted | None:
    if policy.check_called_ae and caller.called_ae_title != policy.ae_title:
        return NotAdmitted(Rejection.CALLED_AE_UNKNOWN, f"it calls another AE title; ours is {policy.ae_title}")
    if already.of_caller >= policy.most_associations_of_peer:
        return NotAdmitted(Rejection.CONGESTION, f"this caller already has {already.of_caller} associations open")
    if already.of_host >= policy.most_associations_of_host:
        return NotAdmitted(Rejection.CONGESTION, f"this address already has {already.of_host} associations open")
    if already.in_all >= policy.most_associations:
        return NotAdmitted(Rejection.CONGESTION, f"{already.in_all} associations are open already")
    return None


def _why_unknown(*, known: bool) -> str:
    if known:
        return "this AE title is known, but at another address; add it with `neurovigie peer add`"
    return "no such peer is known; add it with `neurovigie peer add`"


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
