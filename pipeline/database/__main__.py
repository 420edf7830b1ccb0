"""``python -m pipeline.database``: create or upgrade the schema of DATABASE_URL, and the local site."""

from __future__ import annotations

import sys

from sqlalchemy.exc import OperationalError

from pipeline.database.engine import connect
from pipeline.database.migrate import migrate
from pipeline.database.sites import ensure_local_site
from pipeline.settings import Settings


def main() -> int:
    """Migrate; 0 when the schema is current afterwards, 2 with one sentence when it cannot be."""
    settings = Settings()
    if not settings.database_url:
        print("DATABASE_URL is not set; `neurovigie up` sets it for its embedded PostgreSQL.", file=sys.stderr)  # noqa: T201
        return 2
    engine = connect(settings.database_url, connections=1)
    try:
        migrate(engine)
        with engine.begin() as connection:
            ensure_local_site(connection)
    except OperationalError:
        print("PostgreSQL does not answer; check DATABASE_URL and that the server runs.", file=sys.stderr)  # noqa: T201
        return 2
    finally:
        engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
