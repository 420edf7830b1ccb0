"""What an administrator may set, read from the environment by each process at its start."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipeline.home import Home


class Settings(BaseSettings):
    """Settings shared by the four processes; every field is an environment variable.

    ``DATABASE_URL`` keeps its usual name, all others start with ``NEUROVIGIE_``.
    """

    model_config = SettingsConfigDict(env_prefix="NEUROVIGIE_", extra="ignore", frozen=True)

    home: Path = Field(default=Path("~/.neurovigie"), description="folder of this installation")
    database_url: str = Field(
        default="", validation_alias="DATABASE_URL", description="a PostgreSQL 14 or later; empty: embedded"
    )
    ae_title: str = Field(default="NEUROVIGIE", max_length=16, description="our DICOM application entity title")
    dicom_host: str = Field(default="127.0.0.1", description="address the DICOM node listens on")
    dicom_port: int = Field(default=11112, ge=0, le=65535, description="port the DICOM node listens on")
    web_host: str = Field(default="127.0.0.1", description="address the desk listens on")
    web_port: int = Field(default=8443, ge=0, le=65535, description="port the desk listens on")
    tls_cert: Path | None = Field(default=None, description="certificate chain (PEM) of desk and node")
    tls_key: Path | None = Field(default=None, description="private key (PEM) of that certificate")
    quiet_time_s: float = Field(default=5.0, gt=0, description="silence after which a series without evidence is taken")
    disk_watermark: float = Field(
        default=0.95, gt=0, le=1, description="share of the disk above which nothing is stored"
    )
    analysis_limit_s: float = Field(default=120.0, gt=0, description="longest an analysis may run before it is stopped")
    label_maps: bool = Field(
        default=False, description="write segmentations as label maps (DICOM 2024) instead of binary ones"
    )
    also_read: str = Field(
        default="", description="bundles that read only when named here, such as ischaemia-ct; spaces between them"
    )
    traces_url: str = Field(
        default="", description="an OpenTelemetry collector (https://.../v1/traces) for traces; empty: none"
    )
    ohif_url: str = Field(
        default="", description="an OHIF viewer installed beside us (https://...), which cases open in; empty: none"
    )
    weasis: bool = Field(default=False, description="offer to open cases in Weasis, installed where people read")
    device: str = Field(default="auto", description="where models run: auto, cpu, cuda or cuda:N")

    @property
    def folders(self) -> Home:
        """The home's folders, with ~ expanded."""
        return Home(self.home.expanduser().resolve())
