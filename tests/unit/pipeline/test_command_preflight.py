"""Nothing starts where it must not, and the sentence says what to do."""

from __future__ import annotations

import os
import shutil
import socket
import stat

import pytest

from pipeline.command import preflight
from pipeline.domain.errors import ConfigurationError, DiskNearlyFull, HomeInUse, PortTaken
from pipeline.home import Home
from pipeline.settings import Settings


def test_a_home_is_held_by_one_at_a_time_and_the_holder_is_named(tmp_path):
    home = Home(tmp_path / "home")
    lock = preflight.take_home(home)
    assert preflight.is_held(home)
    with pytest.raises(HomeInUse, match=str(os.getpid())):
        preflight.take_home(home)
    lock.file.close()
    assert not preflight.is_held(home)
    preflight.take_home(home).file.close()


def test_images_and_logs_are_closed_to_other_users(tmp_path):
    home = Home(tmp_path / "home")
    preflight.make_home(home)
    for folder in (home.vault, home.derived, home.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not home.root.stat().st_mode & stat.S_IROTH


def test_a_file_is_no_home(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="not a folder"):
        preflight.make_home(Home(tmp_path / "file"))


def test_a_nearly_full_disk_is_refused(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(total=1000 << 30, free=30 << 30)
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DiskNearlyFull, match="97% full"):
        preflight.check_disk(Home(tmp_path), watermark=0.95)
    preflight.check_disk(Home(tmp_path), watermark=0.99)


def test_a_taken_port_is_named_with_who_has_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} .*--web-port"):
            preflight.check_port("127.0.0.1", port, "--web-port")
    preflight.check_port("127.0.0.1", preflight.free_port(), "--web-port")


def test_nothing_listens_beyond_this_machine_without_tls():
    with pytest.raises(ConfigurationError, match="without TLS"):
        preflight.check_tls(Settings(web_host="0.0.0.0"))
    preflight.check_tls(Settings(web_host="localhost", dicom_host="::1"))


def test_a_certificate_needs_its_key_and_both_must_be_readable(tmp_path):
    with pytest.raises(ConfigurationError, match="both"):
        preflight.check_tls(Settings(tls_cert=tmp_path / "c.pem"))
    with pytest.raises(ConfigurationError, match="cannot be used"):
        preflight.check_tls(Settings(tls_cert=tmp_path / "c.pem", tls_key=tmp_path / "k.pem"))


def test_a_wrong_setting_is_named():
    with pytest.raises(ConfigurationError, match="NEUROVIGIE_DICOM_PORT"):
        preflight.read_settings(dicom_port=99999)


def test_what_was_not_chosen_stays_as_the_environment_says(monkeypatch):
    monkeypatch.setenv("NEUROVIGIE_AE_TITLE", "STROKE")
    assert preflight.read_settings(ae_title=None, dicom_port=104).ae_title == "STROKE"
