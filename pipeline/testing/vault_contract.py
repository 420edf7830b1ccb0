"""What every `pipeline.domain.ports.Vault` must do: subclass it and give it a ``vault`` fixture."""
# ruff: noqa: S101, D102 -- tests, whose names are sentences

from __future__ import annotations

import pytest

from pipeline.domain.errors import UnreadableInstance, VaultError
from pipeline.domain.ports import Vault
from pipeline.testing.data_sets import arrival, data_set, element


class VaultContract:
    """One contract, run on the vault on disk and on the one in memory."""

    def test_what_was_appended_is_read_back_byte_for_byte(self, vault: Vault) -> None:
        body = data_set(pixels=bytes(range(256)))
        receipt = vault.append(body, arrival())
        file = vault.read(receipt.path)
        assert file[:132] == bytes(128) + b"DICM"
        assert file.endswith(body)
        assert receipt.size == len(body)
        assert not receipt.duplicate

    def test_the_receipt_carries_its_arrival(self, vault: Vault) -> None:
        how = arrival(site_id="brest")
        assert vault.append(data_set(), how).arrival == how

    def test_the_same_bytes_again_are_a_duplicate_at_the_same_path(self, vault: Vault) -> None:
        first = vault.append(data_set(), arrival())
        second = vault.append(data_set(), arrival())
        assert (second.path, second.sha256, second.duplicate) == (first.path, first.sha256, True)

    def test_other_bytes_under_one_uid_are_kept_beside_the_first(self, vault: Vault) -> None:
        first = vault.append(data_set(pixels=b"aa"), arrival())
        second = vault.append(data_set(pixels=b"bb"), arrival())
        assert first.path != second.path
        assert not second.duplicate
        assert vault.read(first.path).endswith(b"aa")
        assert vault.read(second.path).endswith(b"bb")

    def test_two_sites_never_share_a_file(self, vault: Vault) -> None:
        first = vault.append(data_set(), arrival(site_id="brest"))
        second = vault.append(data_set(), arrival(site_id="carhaix"))
        assert first.path != second.path
        assert not second.duplicate

    def test_what_was_appended_is_pending_until_it_is_indexed(self, vault: Vault) -> None:
        kept = vault.append(data_set(sop_instance="1.1"), arrival(sop_instance="1.1"))
        done = vault.append(data_set(sop_instance="1.2"), arrival(sop_instance="1.2"))
        assert {receipt.path for receipt in vault.pending()} == {kept.path, done.path}
        vault.indexed([done])
        assert list(vault.pending()) == [kept]
        vault.indexed([done])
        assert list(vault.pending()) == [kept]

    def test_indexing_leaves_the_image_where_it_is(self, vault: Vault) -> None:
        receipt = vault.append(data_set(), arrival())
        vault.indexed([receipt])
        assert vault.read(receipt.path).endswith(data_set())

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"not dicom at all",
            element(0x0008_0018, "UI", b"1.2.3"),
            data_set()[:40],
            data_set(study=""),
            data_set(sop_instance="1.2\0.3"),
        ],
    )
    def test_a_data_set_without_identifiers_is_refused_and_leaves_nothing(self, vault: Vault, body: bytes) -> None:
        with pytest.raises(UnreadableInstance):
            vault.append(body, arrival())
        assert list(vault.pending()) == []

    @pytest.mark.parametrize("uid", ["../../x", "/etc/passwd", "1." * 100 + "1", "a b\\c", "é"])
    def test_a_hostile_uid_names_no_path(self, vault: Vault, uid: str) -> None:
        receipt = vault.append(data_set(sop_instance=uid, study=uid, series=uid), arrival(sop_instance=uid))
        folder, study, name = receipt.path.split("/")
        assert folder == "studies"
        assert (len(study), len(name)) == (32, 53)
        assert receipt.path.replace("/", "").replace("-", "").replace(".", "").isalnum()
        assert vault.read(receipt.path)

    @pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "studies/none", "incoming/1-1", ""])
    def test_only_paths_of_receipts_are_read(self, vault: Vault, path: str) -> None:
        with pytest.raises(VaultError):
            vault.read(path)
