"""A house without network for tests of retention: a vault, an index, the clerk's look, and clocks the test moves."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select, update

from dicom_node.server.removals import Removals
from dicom_node.vault.fast import FastVault
from pipeline.clerk.retention.keep import keep_to_rules
from pipeline.database.closing import close_case
from pipeline.database.deleting import Order, Reason, order_deletion
from pipeline.database.engine import connect
from pipeline.database.index import PostgresIndex
from pipeline.database.retention import name_rule, read_deletions
from pipeline.database.tables import analysis, finding, result_object, series, study
from pipeline.domain.receipt import Arrival, Receipt
from pipeline.domain.retention import Rule, Scope
from pipeline.domain.steadiness import Reading
from pipeline.home import Home
from pipeline.testing.instances import TRANSFER_SYNTAX, TinySlice, uid


class KeepingHouse:
    """A vault, an index, the clerk's look and the door's removals, with clocks the test moves."""

    def __init__(self, database_url: str, root: Path) -> None:
        self.home = Home(root)
        self.now = datetime.now(UTC)
        self.counted = timedelta(hours=1)
        self.engine = connect(database_url)
        self.vault = FastVault(self.home.vault, watermark=1.0, segment_bytes=1 << 20)
        self.vault.recover()
        self.index = PostgresIndex(self.engine, self.home.vault, 5.0, now=lambda: self.now)
        self.removals = Removals(self.engine, self.home, self.vault, lambda: self.now)

    def restart(self) -> None:
        """A new node on what a killed one left."""
        os.close(self.vault._journal._lock)  # noqa: SLF001 -- as its process' end would
        self.vault = FastVault(self.home.vault, watermark=1.0, segment_bytes=1 << 20)
        self.vault.recover()
        self.removals = Removals(self.engine, self.home, self.vault, lambda: self.now)

    def append(self, *slices: TinySlice, site: str = "carhaix") -> list[Receipt]:
        """Have images durable, as files, unknown to the index."""
        receipts = []
        for one in slices:
            sop_class = str(one.dataset().SOPClassUID)
            arrival = Arrival(site, "CT1", "a1", self.now, sop_class, one.SOPInstanceUID, TRANSFER_SYNTAX)
            receipts.append(self.vault.append(one.encoded(), arrival))
        self.vault.step()
        return receipts

    def receive(self, *slices: TinySlice, site: str = "carhaix") -> list[Receipt]:
        """Have images stored and indexed."""
        receipts = self.append(*slices, site=site)
        self.index.record(receipts)
        self.vault.indexed(receipts)
        return receipts

    def settled_study(self, name: str = "study", site: str = "carhaix") -> Any:
        """A study with an analysed series, its mask, frames and a result; its case is closed. The case's id."""
        receipts = self.receive(*(TinySlice(study=name, patient_id=name, number=n) for n in (1, 2, 3)), site=site)
        with self.engine.begin() as connection:
            series_id, case_id = connection.execute(
                select(series.c.id, study.c.case_id)
                .join(study, study.c.id == series.c.study_id)
                .where(series.c.series_instance_uid == uid(name, "series"), study.c.site_id == site)
            ).one()
            connection.execute(update(series).where(series.c.id == series_id).values(arrival="complete"))
            values = {"series_id": series_id, "version": 1, "state": "analysed", "finished_at": self.now}
            analysis_id = connection.execute(insert(analysis).values(values).returning(analysis.c.id)).scalar_one()
            found = {"kind": "haemorrhage", "volume_ml": 3, "side": "left", "confidence": 0.9, "label": 1}
            connection.execute(insert(finding).values(analysis_id=analysis_id, **found))
            connection.execute(
                insert(result_object).values(
                    analysis_id=analysis_id,
                    sop_instance_uid=uid(name, "ours"),
                    series_instance_uid=uid(name, "ours-series"),
                    kind="seg",
                    path="studies/x",
                    sha256="",
                )
            )
            close_case(connection, case_id, "ann", self.now)
        for folder in (f"masks/{analysis_id}-1", *(f"frames/{one.sha256}" for one in receipts)):
            (self.home.derived / folder).mkdir(parents=True)
            (self.home.derived / folder / "1").write_bytes(b"x")
        return case_id

    def look(self, **later: float) -> int:
        """Let time pass on both clocks, and the clerk look."""
        self.now += timedelta(**later)
        self.counted += timedelta(**later)
        return keep_to_rules(self.engine, self.home.vault, Reading("boot", self.counted, self.now))

    def name(self, **rule: Any) -> None:
        """Name a rule."""
        with self.engine.begin() as connection:
            name_rule(connection, Rule(uuid4(), **rule), "root", self.now)

    def order(self, case_id: Any, scope: Scope = Scope.IMAGES) -> Any:
        """Order the deletion of a case."""
        with self.engine.begin() as connection:
            return order_deletion(connection, Order(case_id, Reason("a test", "ann", scope)), self.now)

    def count(self, table: Any) -> int:
        """How many rows a table has."""
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

    def files(self) -> list[Path]:
        """Every file of the vault and of what was derived."""
        return [*self.home.vault.glob("studies/*/*"), *(one for one in self.home.derived.rglob("*") if one.is_file())]

    def deletions(self) -> list[Any]:
        """What was deleted, the newest first."""
        with self.engine.connect() as connection:
            return list(read_deletions(connection, 10))
