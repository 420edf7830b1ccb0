"""The tables of who is called for a case, and how he is told; as in `pipeline.database.tables`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, Float, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.database.columns import at, identifier, metadata, now, of, words

escalation = Table(
    "escalation",
    metadata,
    Column("case_id", ForeignKey("case.id"), primary_key=True),
    Column("phase", Text, nullable=False),  # quiet | calling | held | ended
    Column("tier", Text, nullable=False),
    of("owner_id", "account", optional=True),  # as it was when last looked at; `case.owner_id` decides
    Column("round", Integer, nullable=False, server_default="0"),
    at("since"),  # from when nobody has held it
    at("due_at"),  # when the clerk looks again
    Column("alarm_why", Text),
    at("alarm_at"),
    words("rules"),
    now("set_at"),
    Index("ix_escalation_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)

call = Table(
    "call",
    metadata,
    identifier(),
    of("case_id", "case"),
    Column("number", Integer, nullable=False),  # the order within the case
    of("person_id", "account"),
    Column("kind", Text, nullable=False),  # expert | coordinator | handed
    Column("round", Integer, nullable=False),
    Column("called_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("outcome", Text, nullable=False),
    words("why"),
    at("ended_at"),
    of("handed_by", "account", optional=True),  # the coordinator who named this person
    UniqueConstraint("case_id", "number"),
    Index(None, "person_id", "called_at"),
)
"""Everybody who was called for a case, when, and what became of it."""

clerk_clock = Table(
    "clerk_clock",
    metadata,
    Column("id", Integer, primary_key=True, server_default="1"),
    Column("boot_id", Text, nullable=False),
    Column("counted_s", Float, nullable=False),
    Column("wall_at", DateTime(timezone=True), nullable=False),
)
"""The clerk's last reading of both clocks: whether the wall's was set is known also across its restarts."""

channel = Table(
    "channel",
    metadata,
    identifier(),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # webhook | email | sms | push
    Column("address", Text, nullable=False),  # a URL, or host:port of a mail server; for push, the services allowed
    Column("options", JSONB, nullable=False, server_default="{}"),
    words("secret_path"),  # a file with its secret, readable by the clerk only; the secret itself is never here
    Column("active", Boolean, nullable=False, server_default="false"),
    of("named_by", "account", optional=True),
    now("named_at"),
)
"""A way of reaching people: there is none, and none is on, until an administrator names it."""

push_subscription = Table(
    "push_subscription",
    metadata,
    identifier(),
    of("account_id", "account"),
    Column("endpoint", Text, nullable=False, unique=True),
    Column("p256dh", Text, nullable=False),
    Column("auth", Text, nullable=False),
    now("made_at"),
    Index(None, "account_id"),
)
"""A browser that may be woken, by its own wish."""

notification = Table(
    "notification",
    metadata,
    identifier(),
    of("case_id", "case"),
    of("channel_id", "channel"),
    of("person_id", "account"),
    Column("token", Text, nullable=False, unique=True),  # the opaque end of the link in it
    Column("kind", Text, nullable=False),  # call | coordinate | stand_down | raised
    Column("tier", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="queued"),
    words("why"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("fence", Integer, nullable=False, server_default="0"),
    now("made_at"),
    at("next_at"),
    at("sent_at"),  # when the other system took it
    at("opened_at"),  # when the person opened its link, signed in
    Index("ix_notification_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    Index(None, "case_id"),
)
