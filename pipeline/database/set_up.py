"""What an administrator must say once: above all the telephone that is answered when nothing else is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.database.rota import lock_rota
from pipeline.database.rota_tables import set_up


@dataclass(frozen=True, slots=True)
class SetUp:
    """The last resort of every site, what links begin with, and whose public holidays are kept."""

    fallback_phone: str
    site_phones: Mapping[str, str] = field(default_factory=dict)
    public_url: str = ""
    holiday_region: str = ""
    revision: int = 0
    """Rises with every change; 0 before anything was said."""

    def phone_of(self, site_id: str) -> str:
        """The number to call when nobody acknowledges a case of this site."""
        return self.site_phones.get(site_id) or self.fallback_phone


def read_set_up(connection: Connection) -> SetUp | None:
    """What was said; none until an administrator has said it."""
    row = connection.execute(select(set_up)).one_or_none()
    if row is None:
        return None
    return SetUp(row.fallback_phone, row.site_phones, row.public_url, row.holiday_region, row.revision)


def save_set_up(connection: Connection, said: SetUp, by: UUID, now: datetime) -> bool:
    """Keep what was said; false, and nothing is kept, when ``said.revision`` is not what stands."""
    lock_rota(connection)
    standing = read_set_up(connection)
    if said.revision != (standing.revision if standing else 0):
        return False
    values = {
        "fallback_phone": said.fallback_phone,
        "site_phones": dict(said.site_phones),
        "public_url": said.public_url,
        "holiday_region": said.holiday_region,
        "changed_by": by,
        "changed_at": now,
        "revision": said.revision + 1,
    }
    known = insert(set_up).values(id=1, **values)
    connection.execute(known.on_conflict_do_update(index_elements=[set_up.c.id], set_=values))
    return True
