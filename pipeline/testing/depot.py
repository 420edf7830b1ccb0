"""A vault with results of ours, a database, and the clerk's courier with a clock the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import insert, select, update

from dicom_node.peers.peer import Peer
from dicom_node.peers.table import write_peer
from dicom_node.scu.send import set_up_sender
from dicom_node.vault.simple import SimpleVault
from pipeline.clerk.delivery.attempt import Post
from pipeline.clerk.delivery.carry import Sender
from pipeline.clerk.delivery.courier import Courier
from pipeline.database.delivery_tables import delivery
from pipeline.database.destinations import DICOM, STOW, NewDestination, turn_on
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.sites import ensure_site
from pipeline.database.tables import analysis, peer, result_object, series, study
from pipeline.domain.destination import DeliverWhen
from pipeline.domain.receipt import Arrival
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice, uid
from pipeline.testing.running import eventually


@dataclass
class Depot:
    """Results in a vault and a database, and the clerk's courier."""

    database_url: str
    folder: Path
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        set_up_sender()
        self.engine = connect(self.database_url, connections=4)
        self.vault = SimpleVault(self.folder / "vault", watermark=1.0)
        self.index = PostgresIndex(self.engine, self.folder / "vault", 5.0, now=lambda: self.now)
        self.courier = self.new_courier()

    def new_courier(self) -> Courier:
        """As a clerk that has just started has it."""
        sender = Sender(self.folder / "vault", "NEUROVIGIE")
        return Courier(Post(self.engine, sender, lambda: self.now, Random(1)))  # noqa: S311 - luck, not a secret

    def result(self, number: int = 1, *, site: str = "carhaix", version: int = 1) -> TinySlice:
        """An analysed series with one object of ours in the vault; the object."""
        self._receive(TinySlice(number=number), site, "a1")
        ours = TinySlice(series=f"ours-{version}", number=number)
        with self.engine.begin() as connection:
            series_id = connection.execute(
                select(series.c.id)
                .join(study, study.c.id == series.c.study_id)
                .where(series.c.series_instance_uid == uid("study", "series"), study.c.site_id == site)
            ).scalar_one()
            row = {"series_id": series_id, "version": version, "state": "analysed", "finished_at": self.now}
            made = insert(analysis).values(row).returning(analysis.c.id)
            known = select(analysis.c.id).where(analysis.c.series_id == series_id, analysis.c.version == version)
            analysis_id = connection.execute(known).scalar_one_or_none() or connection.execute(made).scalar_one()
            connection.execute(
                insert(result_object).values(
                    analysis_id=analysis_id,
                    sop_instance_uid=ours.SOPInstanceUID,
                    series_instance_uid=uid("study", f"ours-{version}"),
                    kind="seg",
                    path="",
                    sha256="",
                    created_at=self.now,
                )
            )
        path = self._receive(ours, site, "ours")
        with self.engine.begin() as connection:
            mine = result_object.c.sop_instance_uid == ours.SOPInstanceUID
            connection.execute(update(result_object).where(mine).values(path=path))
        return ours

    def _receive(self, one: TinySlice, site: str, association: str) -> str:
        arrival = Arrival(
            site, "CT1", association, self.now, str(one.dataset().SOPClassUID), one.SOPInstanceUID, TRANSFER_SYNTAX
        )
        receipt = self.vault.append(one.encoded(), arrival)
        self.index.record([receipt])
        return receipt.path

    def peer_on(
        self, port: int, when: DeliverWhen = DeliverWhen.UNSIGNED, *, site: str = "carhaix", **more: Any
    ) -> None:
        """Make a PACS known and turn delivery to it on."""
        write_peer(self.engine, Peer(site, "PACS1", "127.0.0.1", port))
        with self.engine.begin() as connection:
            peer_id = connection.execute(select(peer.c.id)).scalar_one()
            wanted = NewDestination(name="PACS1", kind=DICOM, site_id=site, peer_id=peer_id, **more)
            turn_on(connection, wanted, when, self.now)

    def stow_on(self, url: str, **more: Any) -> None:
        """Make a DICOMweb service known and turn delivery to it on."""
        with self.engine.begin() as connection:
            ensure_site(connection, "carhaix")
            wanted = NewDestination(name="WEB", kind=STOW, site_id="carhaix", url=url, **more)
            turn_on(connection, wanted, DeliverWhen.UNSIGNED, self.now)

    def rows(self) -> list[Any]:
        """Every delivery, in the order they became owed."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(delivery).order_by(delivery.c.owed_at, delivery.c.id)))

    def one(self) -> Any:
        """The one delivery there is."""
        (found,) = self.rows()
        return found

    def look_until(self, *states: str) -> Any:
        """Let the courier look until every delivery is in one of these states; the first."""

        def look() -> Any:
            self.courier.look()
            rows = self.rows()
            return rows if self.courier.idle() and rows and {row.state for row in rows} <= set(states) else None

        return eventually(look, f"{states}, not {[(row.state, row.why) for row in self.rows()]}", within_s=30)[0]

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)
