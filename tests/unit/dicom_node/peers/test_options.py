"""Rules of a peer as they are given on the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dicom_node.peers.options import with_options
from pipeline.domain.errors import BadInput
from pipeline.domain.peer import EVERY_SERVICE, PeerRules, Service, fits_passcode
from pipeline.testing.certificates import Authority

BEFORE = PeerRules(networks=("10.0.0.0/8",), called_ae_title="STROKE", services=frozenset({Service.STORE}))


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({}, BEFORE),
        ({"images_per_second": 5.0, "tls": True}, replace(BEFORE, images_per_second=5.0, tls=True)),
        ({"networks": ("",), "called_ae_title": ""}, replace(BEFORE, networks=(), called_ae_title="")),
        ({"services": ("query", "store")}, replace(BEFORE, services=frozenset({Service.QUERY, Service.STORE}))),
        ({"services": ("all",)}, replace(BEFORE, services=EVERY_SERVICE)),
        ({"quota_gib": 0.5}, replace(BEFORE, bytes_a_day=2**29)),
        ({"certificates": ("AB:" * 31 + "AB",)}, replace(BEFORE, certificates=("ab" * 32,))),
    ],
)
def test_what_is_given_changes_and_nothing_else(given: dict[str, Any], after: PeerRules) -> None:
    assert with_options(BEFORE, given) == after


def test_a_certificate_may_be_a_file_and_a_passcode_too(tmp_path: Path) -> None:
    signed = Authority(tmp_path).sign("ct1")
    assert with_options(BEFORE, {"certificates": (str(signed.cert),)}).certificates == (signed.fingerprint,)
    with pytest.raises(BadInput, match="no certificate"):
        with_options(BEFORE, {"certificates": (str(signed.key),)})
    (tmp_path / "passcode").write_text("open sesame\nignored")
    rules = with_options(BEFORE, {"username": "ct1", "passcode_file": tmp_path / "passcode"})
    assert fits_passcode(rules.passcode_hash, "open sesame")
    assert with_options(rules, {"username": ""}).passcode_hash == ""
