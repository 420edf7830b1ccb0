"""`python -m review_ui` and `python -m review_ui.accounts` as an administrator runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg

FORBIDDEN = ("torch", "monai", "imagecodecs", "highdicom", "pynetdicom", "scipy")


def environment(home: Path, database_url: str, **settings: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NEUROVIGIE_")}
    here = {"DATABASE_URL": database_url, "NEUROVIGIE_HOME": str(home), "NEUROVIGIE_WEB_PORT": "0"}
    return kept | here | settings


class Web:
    """A running desk process, and the log lines it wrote until it was ready."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.client = httpx.Client(
            base_url=address, headers={"X-NeuroVigie": "1"}, timeout=20, trust_env=False, verify=False
        )

    def stop(self) -> str:
        """Ask it to stop, and return the rest of its log."""
        self.process.send_signal(signal.SIGTERM)
        _, rest = self.process.communicate(timeout=20)
        return rest


@contextmanager
def web(home: Path, database_url: str, *, scheme: str = "http", **settings: str) -> Iterator[Web]:
    process = subprocess.Popen(
        [sys.executable, "-m", "review_ui"],
        env=environment(home, database_url, **settings),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        ready = next(line for line in map(json.loads, process.stderr) if line["event"] == "ready")
        running = Web(process, f"{scheme}://127.0.0.1:{ready['port']}")
        with running.client:
            yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def run(module: str, *arguments: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=variables,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_stays_up_while_the_database_is_down_and_says_so(tmp_path: Path) -> None:
    nowhere = f"postgresql://nobody@/nothing?host={tmp_path}"
    with web(tmp_path, nowhere) as desk:
        assert desk.client.get("/api/v1/status").json()["database"] is False
        answer = desk.client.post("/api/v1/session", json={"name": "a", "password": "b"})
        assert (answer.status_code, answer.json()["error"]) == (503, "database_unavailable")
        desk.client.cookies.set("neurovigie_session", "whatever")
        assert desk.client.get("/api/v1/events").status_code == 503
        log = desk.stop()
        assert desk.process.returncode == 0
    assert "nobody@" not in log


def test_it_stops_at_once_with_streams_open_and_logs_no_patient_and_no_query(database_url: str, tmp_path: Path) -> None:
    variables = environment(tmp_path, database_url)
    add = ("add", "demo", "--role", "expert", "--password-stdin")
    added = run("review_ui.accounts", *add, given="a demo pass word\n", **variables)
    assert (added.returncode, added.stdout) == (0, "")
    with web(tmp_path, database_url) as desk:
        answer = desk.client.post("/api/v1/session", json={"name": "demo", "password": "a demo pass word"})
        assert answer.json()["must_change_password"] is False
        with desk.client.stream("GET", "/api/v1/events", params={"after": 0}) as stream:
            assert next(stream.iter_lines()).startswith("retry")
            log = desk.stop()
        assert desk.process.returncode == 0
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["process"] for line in lines} == {"web"}
    assert [line["status"] for line in lines if line.get("path") == "/session"] == [200]
    assert not [line for line in lines if line.get("path") == "/events"], "what goes well and often is not logged"
    assert "after" not in log
    assert "word" not in log


def test_the_first_administrator_gets_a_one_time_password_once(database_url: str, tmp_path: Path) -> None:
    variables = environment(tmp_path, database_url)
    first = json.loads(run("review_ui.accounts", "first", **variables).stdout)
    assert first["name"] == "admin"
    again = run("review_ui.accounts", "first", **variables)
    assert (again.returncode, again.stdout) == (0, "")
    with web(tmp_path, database_url) as desk:
        answer = desk.client.post("/api/v1/session", json=first)
        assert (answer.status_code, answer.json()["must_change_password"]) == (200, True)
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT password_hash FROM account").fetchone()
    assert row is not None
    assert row[0].startswith("$argon2id$")


def test_an_account_that_makes_no_sense_is_refused_in_one_sentence(database_url: str, tmp_path: Path) -> None:
    done = run("review_ui.accounts", "add", "a", "--role", "site", **environment(tmp_path, database_url))
    assert done.returncode == 2
    assert "needs a site" in done.stderr
    assert "Traceback" not in done.stderr


def test_unsafe_settings_are_refused_in_one_sentence(tmp_path: Path) -> None:
    variables = environment(tmp_path, "postgresql://x@/x?host=/nowhere", NEUROVIGIE_WEB_HOST="0.0.0.0")
    done = run("review_ui", **variables)
    assert done.returncode == 2
    assert "without TLS" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_it_speaks_tls_when_given_a_certificate(tmp_path: Path, database_url: str) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
        capture_output=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    tls = {"NEUROVIGIE_TLS_CERT": str(certificate), "NEUROVIGIE_TLS_KEY": str(key), "NEUROVIGIE_WEB_HOST": "0.0.0.0"}
    with web(tmp_path, database_url, scheme="https", **tls) as desk:
        answer = desk.client.get("/api/v1/status")
        assert answer.json()["database"] is True
        assert "strict-transport-security" in answer.headers


def test_the_process_never_loads_what_decodes_pixels_or_runs_models(tmp_path: Path) -> None:
    script = f"""
import sys
import review_ui.__main__, review_ui.accounts.__main__
print([name for name in {FORBIDDEN!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
