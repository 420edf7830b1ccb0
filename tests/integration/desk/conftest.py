"""A desk on a real database and vault, served over real HTTP."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Executable

from dicom_node.vault.simple import SimpleVault
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.sites import ensure_site
from pipeline.domain.access import AccountRole
from pipeline.domain.receipt import Arrival, Receipt
from pipeline.settings import Settings
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice
from review_ui.accounts.passwords import Passwords
from review_ui.accounts.store import add_account
from review_ui.app import create_app
from review_ui.server import listen, make_server
from review_ui.tokens.store import Granted, grant


class Hand:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class DeskBench:
    """A desk on a real database and vault, with two hospitals and an account of each role."""

    PASSWORD = "correct horse battery"
    OHIF = "https://ohif.example"

    def __init__(self, database_url: str, home: Path) -> None:
        self.settings = Settings(
            DATABASE_URL=database_url, home=home, web_port=0, disk_watermark=1.0, ohif_url=self.OHIF, weasis=True
        )  # type: ignore[call-arg]
        self.engine = connect(database_url)
        self.clock = Hand()
        folders = self.settings.folders
        self.vault_root, self.derived_root = folders.vault, folders.derived
        home.mkdir(parents=True, exist_ok=True)
        self.vault = SimpleVault(self.vault_root, watermark=1.0)
        self.index = PostgresIndex(self.engine, self.vault_root, 5.0, now=self.clock)
        self.app = create_app(self.settings, self.engine, self.vault_root, self.derived_root, self.clock)
        self.address = ""
        self.accounts: dict[str, UUID] = {}
        self._clients: list[httpx.Client] = []
        self._systems = itertools.count()
        self._add_accounts()

    def _add_accounts(self) -> None:
        password_hash = Passwords().hash(self.PASSWORD)
        with self.engine.begin() as connection:
            for site in ("brest", "carhaix"):
                ensure_site(connection, site)
            for name, role, site_id in (
                ("root", AccountRole.ADMINISTRATOR, None),
                ("auditor", AccountRole.ADMINISTRATOR, None),
                ("expert", AccountRole.EXPERT, None),
                ("colleague", AccountRole.EXPERT, None),
                ("coordinator", AccountRole.COORDINATOR, None),
                ("brest", AccountRole.SITE, "brest"),
                ("carhaix", AccountRole.SITE, "carhaix"),
            ):
                self.accounts[name] = add_account(
                    connection,
                    name,
                    role,
                    password_hash=password_hash,
                    site_id=site_id,
                    full_name=f"Dr {name.title()}",
                    must_change_password=False,
                )

    def receive(self, *slices: TinySlice, site: str = "carhaix", transfer_syntax: str = TRANSFER_SYNTAX) -> None:
        """Store and index images as the node does."""
        self.index.record([self._append(one, site, transfer_syntax) for one in slices])

    def _append(self, one: TinySlice, site: str, transfer_syntax: str) -> Receipt:
        arrival = Arrival(
            site_id=site,
            peer_ae_title="CT1",
            association_id="a1",
            received_at=self.clock.now,
            SOPClassUID=str(one.dataset().SOPClassUID),
            SOPInstanceUID=one.SOPInstanceUID,
            TransferSyntaxUID=transfer_syntax,
        )
        return self.vault.append(one.encoded(), arrival)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve it over real HTTP on a free port of loopback."""
        server = make_server(self.app, self.settings)
        listening = listen(self.settings)
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield
        finally:
            server.should_exit = True
            thread.join()
            listening.close()

    def client(self, name: str | None = None) -> httpx.Client:
        """A browser of its own, signed in when given a name."""
        client = httpx.Client(
            base_url=self.address, headers={"X-NeuroVigie": "1"}, timeout=20, trust_env=False, verify=False
        )
        self._clients.append(client)
        if name is not None:
            answer = client.post("/api/v1/session", json={"name": name, "password": self.PASSWORD})
            assert answer.status_code == 200, answer.text
        return client

    def system(self, site: str = "carhaix", *, read: bool = True, store: bool = False) -> dict[str, str]:
        """The header of a hospital's system that uses DICOMweb."""
        granted = Granted(f"PACS-{next(self._systems)}", site, read, store, self.clock.now + timedelta(days=1))
        with self.engine.begin() as connection:
            return {"Authorization": f"Bearer {grant(connection, granted)}"}

    def execute(self, statement: Executable) -> list[Any]:
        """Run one statement and commit it."""
        with self.engine.begin() as connection:
            result = connection.execute(statement)
            return list(result.all()) if result.returns_rows else []

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.engine.dispose()


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[DeskBench]:
    """A desk with two hospitals, seven accounts and no case."""
    bench = DeskBench(database_url, tmp_path / "home")
    try:
        with bench.serving():
            yield bench
    finally:
        bench.close()


def wait_until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for something another thread or process does."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
