"""Decisions about the four processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.command.parts import LONGEST_PAUSE_S, PARTS, address_of, after_death, environment, how_it_ended
from pipeline.settings import Settings


@given(st.integers(0, 200), st.floats(0, 59))
def test_each_death_in_a_row_makes_the_pause_longer_up_to_half_a_minute(deaths, lived_s):
    earlier, later = after_death(deaths, lived_s), after_death(deaths + 1, lived_s)
    assert earlier.deaths == deaths + 1
    assert earlier.pause_s <= later.pause_s <= LONGEST_PAUSE_S


def test_a_part_that_lived_long_starts_again_almost_at_once():
    assert after_death(9, lived_s=3600.0).pause_s < 1
    assert after_death(9, lived_s=3600.0).deaths == 1


def test_the_door_starts_first():
    assert PARTS[0].name == "node"


def test_an_ending_is_told_in_words():
    assert how_it_ended(-9) == "was ended by signal 9"
    assert how_it_ended(0) == "ended"
    assert how_it_ended(2) == "ended with exit code 2"


def test_every_process_is_told_where_everything_is(tmp_path):
    settings = Settings(home=tmp_path, dicom_port=104, web_port=443, ae_title="STROKE")
    told = environment({"PATH": "/bin"}, settings, "postgresql://x")
    assert told["PATH"] == "/bin"
    assert told["NEUROVIGIE_HOME"] == str(tmp_path)
    assert told["NEUROVIGIE_DICOM_PORT"] == "104"
    assert told["DATABASE_URL"] == "postgresql://x"
    assert "NEUROVIGIE_TLS_CERT" not in told


@pytest.mark.parametrize(
    ("host", "cert", "address"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:8443/"),
        ("10.0.0.1", Path("c.pem"), "https://10.0.0.1:8443/"),
        ("::1", None, "http://[::1]:8443/"),
    ],
)
def test_the_address_is_one_a_browser_takes(host, cert, address):
    assert address_of(Settings(web_host=host, tls_cert=cert)) == address
