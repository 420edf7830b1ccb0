"""Every vault keeps one contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dicom_node.vault.fast import FastVault, fast_vault
from dicom_node.vault.simple import SimpleVault
from pipeline.domain.ports import Vault
from pipeline.testing.memory_vault import MemoryVault
from pipeline.testing.vault_contract import VaultContract


class TestSimpleVault(VaultContract):
    @pytest.fixture
    def vault(self, tmp_path: Path) -> Vault:
        return SimpleVault(tmp_path / "vault", watermark=1.0)


class TestFastVault(VaultContract):
    @pytest.fixture
    def vault(self, tmp_path: Path) -> Iterator[Vault]:
        made = FastVault(tmp_path / "vault", watermark=1.0, segment_bytes=1 << 20, most_segments=2)
        with fast_vault(made) as running:
            yield running


class TestMemoryVault(VaultContract):
    @pytest.fixture
    def vault(self) -> Vault:
        return MemoryVault()
