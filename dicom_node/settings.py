"""What an administrator may set for the node alone, beside `pipeline.settings`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from dicom_node.tls import Clients, Profile


class NodeSettings(BaseSettings):
    """Settings of the DICOM node; every field is an environment variable ``NEUROVIGIE_DICOM_...``."""

    model_config = SettingsConfigDict(env_prefix="NEUROVIGIE_DICOM_", extra="ignore", frozen=True)

    unknown_peers_site: str = Field(
        default="", description="site that receives callers nobody made known; empty: they are refused"
    )
    check_called_ae: bool = Field(default=False, description="refuse callers that call another AE title than ours")
    max_instance_mib: int = Field(default=2048, ge=1, le=4095, description="largest data set that is stored, in MiB")
    tls_client_ca: Path | None = Field(
        default=None, description="who vouches for callers (PEM): they must then show a certificate of their own"
    )
    tls_clients: Clients = Field(
        default=Clients.REQUIRED,
        description="with a tls_client_ca: whether every caller must show one, or only peers that have one by rule",
    )
    tls_peer_ca: Path | None = Field(
        default=None, description="who vouches for peers we call over TLS (PEM); empty: this machine's list"
    )
    tls_profile: Profile = Field(
        default=Profile.BCP195, description="bcp195 speaks TLS 1.2 and 1.3, tls13 nothing older than 1.3"
    )
    connections_a_second: float = Field(
        default=100.0, ge=0, description="connections one address may open a second; 0: any number"
    )
    memory_mib: int = Field(
        default=4096, ge=16, description="memory for the data sets that are coming in at one time, in MiB"
    )
    max_associations: int = Field(default=64, ge=1, description="associations open at once, in all")
    max_associations_per_peer: int = Field(default=16, ge=1, description="associations open at once, of one caller")
    idle_s: float = Field(default=300.0, gt=0, description="silence after which an association is ended")
    pdu_s: float = Field(default=60.0, gt=0, description="longest time one PDU may take to arrive")
    stop_s: float = Field(default=10.0, ge=0, description="time given to images in progress when the node stops")
    peers_s: float = Field(default=3.0, gt=0, description="time between two looks at the list of peers")
    journal_mib: int = Field(
        default=64, ge=1, le=4096, description="size of a file of the journal, in MiB; there are up to four"
    )
