"""What a browser sends about a peer."""

from __future__ import annotations

import secrets
from typing import Annotated

from pydantic import Field, StringConstraints

from pipeline.domain.peer import MOST_OF_A_KIND, Peer, PeerRules, Service, fingerprint, hash_passcode
from review_ui.requests.sent import Sent

_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=253, pattern=r"^[^\x00-\x1f]*$")]
_Texts = Annotated[list[_Text], Field(max_length=MOST_OF_A_KIND)]


class PeerSent(Sent):
    """A peer and its rules; ``passcode`` is none to keep the one there is, and empty to have none."""

    site: _Text
    ae_title: _Text
    host: _Text
    port: Annotated[int, Field(strict=True, ge=1, le=65_535)]
    enabled: bool = True
    networks: _Texts = Field(default_factory=list)
    certificates: _Texts = Field(default_factory=list)
    called_ae_title: _Text = ""
    services: Annotated[list[Service], Field(max_length=len(Service))] = Field(default_factory=lambda: list(Service))
    images_per_second: Annotated[float, Field(strict=True, ge=0, le=1e6, allow_inf_nan=False)] = 0.0
    bytes_a_day: Annotated[int, Field(strict=True, ge=0, le=2**53)] = 0
    associations: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 0
    username: _Text = ""
    passcode: Annotated[str, StringConstraints(max_length=256)] | None = None
    tls: bool = False

    def as_peer(self, known: Peer | None = None) -> Peer:
        """The peer it describes; ``known`` is the one that is changed, whose passcode may stay."""
        return Peer(self.site, self.ae_title, self.host, self.port, self._rules(known.rules if known else None))

    def _rules(self, known: PeerRules | None) -> PeerRules:
        return PeerRules(
            enabled=self.enabled,
            networks=tuple(one for one in self.networks if one),
            certificates=tuple(fingerprint(one) for one in self.certificates if one),
            called_ae_title=self.called_ae_title,
            services=frozenset(self.services),
            images_per_second=self.images_per_second,
            bytes_a_day=self.bytes_a_day,
            associations=self.associations,
            username=self.username,
            passcode_hash=self._passcode_hash(known) if self.username else "",
            tls=self.tls,
        )

    def _passcode_hash(self, known: PeerRules | None) -> str:
        if self.passcode is None:
            return known.passcode_hash if known else ""
        return hash_passcode(self.passcode, secrets.token_bytes(16)) if self.passcode else ""
