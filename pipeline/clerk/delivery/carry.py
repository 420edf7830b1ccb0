"""One attempt at handing objects to another system, by C-STORE or STOW-RS, and what that system said of each."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from dicom_node.scu.association import Target
from dicom_node.scu.outgoing import Outgoing, read_outgoing
from dicom_node.scu.send import Outcome, send
from dicom_node.scu.stow import StowOutcome, StowTarget, stow
from pipeline.database.deliveries import Parcel
from pipeline.database.destinations import STOW, Destination
from pipeline.domain.delivery import Failure, FailureKind
from pipeline.domain.errors import BadInput, PeerUnreachable

_ANSWER_S = 30.0
_STATUSES = {0xA7: "out of resources", 0xA9: "the object does not match its class", 0xC0: "it cannot understand it"}
"""PS3.4 table B.2-1, by the status' first byte. The peer's own comment is left out: it may name a patient."""

Said = dict[UUID, Failure | None]
"""Of each delivery: nothing when the peer said success, else what went wrong."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who we are to other systems; ``cert`` and ``key`` prove it to one that asks for a certificate."""

    vault_root: Path
    ae_title: str
    cert: Path | None = None
    key: Path | None = None

    def carry(self, to: Destination, parcels: Sequence[Parcel]) -> Said:
        """Hand the parcels over; every one of them is in the answer."""
        files, said = self._read(parcels)
        if not files:
            return said
        by = self._by_stow if to.kind == STOW else self._by_c_store
        try:
            outcomes = by(to, list(files.values()))
        except PeerUnreachable as exc:
            return said | dict.fromkeys(files, Failure(FailureKind.UNREACHABLE, str(exc)))
        except (BadInput, OSError) as exc:
            # A certificate or token file that is not there is as bad as a peer that is not.
            why = str(exc) if isinstance(exc, BadInput) else f"a file cannot be read: {exc.strerror or 'unknown'}"
            return said | dict.fromkeys(files, Failure(FailureKind.UNREACHABLE, why))
        return said | {delivery_id: outcomes[file.path] for delivery_id, file in files.items()}

    def _read(self, parcels: Sequence[Parcel]) -> tuple[dict[UUID, Outgoing], dict[UUID, Failure | None]]:
        """The files to send, and what cannot be sent."""
        files: dict[UUID, Outgoing] = {}
        unreadable: dict[UUID, Failure | None] = {}
        for parcel in parcels:
            try:
                files[parcel.delivery_id] = read_outgoing(self.vault_root / parcel.path)
            except BadInput:
                unreadable[parcel.delivery_id] = Failure(FailureKind.REFUSED, "it cannot be read from our vault")
        return files, unreadable

    def target(self, to: Destination) -> Target:
        """How its DICOM peer is called. Raises `OSError` for a certificate that cannot be read."""
        tls = self._trust(to) if to.tls else None
        return Target(to.host, to.port, to.ae_title, self.ae_title, tls, _ANSWER_S)

    def _by_c_store(self, to: Destination, files: Sequence[Outgoing]) -> dict[Path, Failure | None]:
        return {one.path: of_c_store(one) for one in send(files, self.target(to))}

    def _by_stow(self, to: Destination, files: Sequence[Outgoing]) -> dict[Path, Failure | None]:
        token = Path(to.token_path).read_text(encoding="utf-8").strip() if to.token_path else ""
        outcomes = stow(files, StowTarget(to.url, self._trust(to), token))
        return {path: of_stow(outcome) for path, outcome in outcomes.items()}

    def _trust(self, to: Destination) -> ssl.SSLContext:
        """TLS 1.2 or later (BCP 195), with our own certificate where we have one."""
        context = ssl.create_default_context(cafile=to.ca_path or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.cert is not None and self.key is not None:
            context.load_cert_chain(self.cert, self.key)
        return context


def of_c_store(outcome: Outcome) -> Failure | None:
    """What a C-STORE answer means for the delivery."""
    if outcome.stored:
        return None
    kind = FailureKind.REFUSED if outcome.refused else FailureKind.UNREACHABLE
    if outcome.status is None:
        return Failure(kind, outcome.why)
    words = _STATUSES.get(outcome.status >> 8, "no known reason")
    return Failure(kind, f"the system did not store it: {words} (status {outcome.status:04X})")


def of_stow(outcome: StowOutcome) -> Failure | None:
    """What a STOW-RS answer means for the delivery."""
    if outcome.stored:
        return None
    return Failure(FailureKind.REFUSED if outcome.refused else FailureKind.UNREACHABLE, outcome.why)
