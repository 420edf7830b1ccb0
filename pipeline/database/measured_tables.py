"""The table of figures of days that have passed; as in `pipeline.database.tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Float, Integer, Table, Text

from pipeline.database.columns import metadata

measured_day = Table(
    "measured_day",
    metadata,
    Column("day", Date, primary_key=True),  # UTC
    Column("metric", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("bucket", Integer, primary_key=True),  # of a histogram; 0 for a count
    Column("number", BigInteger, nullable=False),
    Column("total_s", Float, nullable=False),
)
"""What a day's ended work amounts to, so that a scrape reads the rows of today alone."""
