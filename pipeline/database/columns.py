"""The kinds of column our tables are made of, and the names of their constraints."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, MetaData, Text, Uuid, func, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def identifier() -> Column[object]:
    """An id of our own."""
    return Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()"))


def now(name: str) -> Column[object]:
    """A time that is the transaction's own unless given."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def at(name: str) -> Column[object]:
    """A time that may not have come yet."""
    return Column(name, DateTime(timezone=True))


def words(name: str) -> Column[object]:
    """A text, empty rather than missing."""
    return Column(name, Text, nullable=False, server_default="")


def of(name: str, target: str, *, optional: bool = False) -> Column[object]:
    """A reference to another table's row."""
    return Column(name, ForeignKey(f"{target}.id"), nullable=optional)
