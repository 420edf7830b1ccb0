"""Both vaults keep one contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_node.vault.simple import SimpleVault
from pipeline.domain.ports import Vault
from pipeline.testing.memory_vault import MemoryVault
from pipeline.testing.vault_contract import VaultContract


class TestSimpleVault(VaultContract):
    @pytest.fixture
    def vault(self, tmp_path: Path) -> Vault:
        return SimpleVault(tmp_path / "vault", watermark=1.0)


class TestMemoryVault(VaultContract):
    @pytest.fixture
    def vault(self) -> Vault:
        return MemoryVault()
