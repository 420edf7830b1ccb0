"""A desk with many open cases, people who may sign in, and hospitals that send."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from sqlalchemy import Connection, insert

from benchmarks.latency import Sender
from pipeline.database.engine import connect
from pipeline.database.rota_tables import duty, expert, set_up
from pipeline.database.sites import ensure_site
from pipeline.domain.access import AccountRole
from pipeline.testing.running import Running
from review_ui.accounts.passwords import Passwords
from review_ui.accounts.store import add_account

PASSWORD = "correct horse battery"
SITES = ("port-brume", "val-d-aven", "ker-avel", "roz-glas")
CALLING_AES = ("PORT_BRUME", "VAL_D_AVEN", "KER_AVEL", "ROZ_GLAS")

_FILL = """
INSERT INTO "case" (site_id, patient_id, patient_name, patient_birth_date, patient_sex, state, tier, reasons, why,
                    missing, rules, first_image_at, visible_at, last_image_at, deadline_at)
SELECT (%(sites)s::text[])[1 + n %% 4], 'L' || n, 'Le Goff^Marie' || n, '19480521', 'F', 'analysed',
       CASE WHEN n %% 25 = 0 THEN 'red' WHEN n %% 10 = 0 THEN 'orange' WHEN n %% 3 = 0 THEN 'grey' ELSE 'yellow' END,
       '[{"code": "haemorrhage", "text": "haemorrhage of 12.3 mL on the left", "values": {"volume_ml": 12.3}},
         {"code": "window", "text": "within 4 h 30 of onset", "values": {}}]', '',
       '["onset", "anticoagulant", "nihss"]', 'priority 3', at, at, at + interval '9 s', at + interval '30 min'
FROM (SELECT n, now() - interval '1 minute' * n AS at FROM generate_series(1, %(cases)s) AS n) AS one;
INSERT INTO study (case_id, site_id, study_instance_uid, patient_id, study_date, study_time, study_description)
SELECT id, site_id, '2.25.' || row_number() OVER (), patient_id, '20261122', '031500', 'CT CRANE'
FROM "case" WHERE patient_id LIKE 'L%%';
INSERT INTO series (study_id, series_instance_uid, modality, series_description, series_number, role, images, expected,
                    arrival, complete_at)
SELECT study.id, study_instance_uid || '.' || n, 'CT', 'serie ' || n, n, (ARRAY['ncct', 'cta', 'other'])[n],
       40, 40, 'complete', now()
FROM study, generate_series(1, 3) AS n WHERE patient_id LIKE 'L%%';
INSERT INTO analysis (series_id, version, state, role, bundle, bundle_version, enqueued_at, started_at, finished_at)
SELECT id, 1, CASE WHEN role = 'ncct' THEN 'analysed' ELSE 'not_analysed' END, role, 'ich-ct', '0.4.0', now(), now(),
       now() FROM series WHERE series_description LIKE 'serie%%';
INSERT INTO finding (analysis_id, kind, volume_ml, side, confidence, label)
SELECT id, 'haemorrhage', 12.3, 'left', 0.9, 1 FROM analysis WHERE state = 'analysed' AND role = 'ncct';
INSERT INTO event (case_id, kind, at)
SELECT "case".id, kind, first_image_at FROM "case", unnest(ARRAY['opened', 'completed', 'started', 'analysed']) AS kind;
UPDATE "case" SET owner_id = (SELECT id FROM account WHERE role = 'expert' ORDER BY name LIMIT 1), taken_at = now()
WHERE tier IN ('red', 'orange');
ANALYZE;
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in."""

    name: str
    role: AccountRole


def people(many: int) -> list[Person]:
    """Of fifty: twenty from hospitals, twenty-five experts, four coordinators, an administrator."""
    made = []
    for number in range(many):
        place = number % 50
        role = AccountRole.SITE if place < 20 else AccountRole.EXPERT
        if place >= 45:
            role = AccountRole.ADMINISTRATOR if place == 49 else AccountRole.COORDINATOR
        made.append(Person(f"{role.value}{number}", role))
    return made


def fill(house: Running, who: Sequence[Person], cases: int) -> None:
    """Make the hospitals, the accounts, two experts on duty, and the open cases."""
    engine = connect(house.database_url())
    with engine.begin() as connection:
        for site in SITES:
            ensure_site(connection, site)
        password_hash = Passwords().hash(PASSWORD)
        for number, one in enumerate(who):
            site_id = SITES[number % len(SITES)] if one.role is AccountRole.SITE else None
            made = add_account(
                connection, one.name, one.role, password_hash=password_hash, site_id=site_id, must_change_password=False
            )
            if one.role is AccountRole.EXPERT:
                _on_duty(connection, made, number)
        connection.execute(insert(set_up).values(id=1, fallback_phone="+33 2 98 11 11 11"))
    engine.dispose()
    with psycopg.connect(house.database_url()) as connection:
        for statement in filter(str.strip, _FILL.split(";\n")):
            connection.execute(statement.encode(), {"sites": list(SITES), "cases": cases})


def _on_duty(connection: Connection, who: UUID, number: int) -> None:
    row = {"id": who, "centre": "chu", "skills": ["diagnostic"], "phone": "+33 2 98 11 11 11"}
    connection.execute(insert(expert).values(**row))
    now = datetime.now(UTC)
    times = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1)}
    row = {"expert_id": who, "centre": "chu", "skill": "diagnostic", "rank": number, **times}
    connection.execute(insert(duty).values(**row))


@contextlib.contextmanager
def hospitals_sending(sender: Sender, every_s: float) -> Iterator[list[str]]:
    """Four hospitals that each send a study every so often; what they sent, by patient."""
    stop, sent = threading.Event(), list[str]()

    def send(place: int) -> None:
        due = time.monotonic() + every_s * place / len(SITES)
        while not stop.wait(max(0.0, due - time.monotonic())):
            sent.append(sender.send("load", CALLING_AES[place]).patient_id)
            due += every_s

    threads = [threading.Thread(target=send, args=(place,)) for place in range(len(SITES))]
    for one in threads:
        one.start()
    try:
        yield sent
    finally:
        stop.set()
        for one in threads:
            one.join()
