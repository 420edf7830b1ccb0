"""The tables, as SQLAlchemy Core objects; migrations in `pipeline.database.migrations` create them.

Times are ``timestamptz`` in UTC. Ids are UUIDs of our own; DICOM UIDs are data, never keys of ours.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.database.columns import at, identifier, metadata, now, of, words

site = Table(
    "site",
    metadata,
    Column("id", Text, primary_key=True),  # short name an administrator gave, such as "carhaix"
    words("name"),
    now("created_at"),
)

peer = Table(
    "peer",
    metadata,
    identifier(),
    of("site_id", "site"),
    Column("ae_title", Text, nullable=False),
    Column("host", Text, nullable=False),  # the address it calls from, and where we call it
    Column("port", Integer, nullable=False),
    Column("rules", JSONB, nullable=False, server_default="{}"),  # pipeline.domain.peer.PeerRules
    now("created_at"),
    UniqueConstraint("ae_title", "host"),
)

case = Table(
    "case",
    metadata,
    identifier(),
    of("site_id", "site"),
    words("issuer_of_patient_id"),
    words("patient_id"),
    words("patient_name"),
    words("patient_birth_date"),
    words("patient_sex"),
    Column("state", Text, nullable=False, server_default="receiving"),
    words("why"),
    Column("tier", Text, nullable=False, server_default="yellow"),
    Column("reasons", JSONB, nullable=False, server_default="[]"),  # [{code, text, values}]
    Column("request", JSONB),
    Column("warnings", JSONB, nullable=False, server_default="[]"),  # [{code, text}] for a person
    now("first_image_at"),  # when the vault had the first image
    at("visible_at"),  # when the case was committed, and so on the worklist
    at("last_image_at"),
    at("alerted_at"),  # when a raised priority was first committed
    of("owner_id", "account", optional=True),
    at("taken_at"),
    at("closed_at"),
    words("rules"),  # the priority rules, and their version, that gave the tier
    Column("missing", JSONB, nullable=False, server_default="[]"),  # facts nobody has told us
    at("deadline_at"),  # by when a person should have read it
    Column("version", Integer, nullable=False, server_default="1"),  # rises with every change
    Column("test", Boolean, nullable=False, server_default="false"),  # every image is of a phantom: rings nobody
    Index(None, "site_id", "issuer_of_patient_id", "patient_id"),
    Index(None, "first_image_at"),
    Index(None, "visible_at"),
    Index(None, "alerted_at", postgresql_where=text("alerted_at IS NOT NULL")),
    Index("ix_case_open", "tier", postgresql_where=text("closed_at IS NULL")),
)

study = Table(
    "study",
    metadata,
    identifier(),
    of("case_id", "case"),
    of("site_id", "site"),
    Column("study_instance_uid", Text, nullable=False),
    words("issuer_of_patient_id"),
    words("patient_id"),
    words("study_date"),
    words("study_time"),
    words("study_description"),
    words("accession_number"),
    now("created_at"),
    # Two patients under one StudyInstanceUID stay two studies.
    UniqueConstraint("site_id", "study_instance_uid", "issuer_of_patient_id", "patient_id"),
    Index(None, "case_id"),
)

series = Table(
    "series",
    metadata,
    identifier(),
    of("study_id", "study"),
    Column("series_instance_uid", Text, nullable=False),
    words("modality"),
    words("series_description"),
    Column("series_number", Integer),
    Column("role", Text, nullable=False, server_default="other"),
    words("role_reason"),
    Column("role_confidence", Float),
    Column("role_reasons", JSONB, nullable=False, server_default="[]"),  # all evidence, the deciding one first
    Column("images", Integer, nullable=False, server_default="0"),
    Column("expected", Integer),
    Column("extent_from_mm", Float),
    Column("extent_to_mm", Float),
    Column("arrival", Text, nullable=False, server_default="receiving"),  # receiving | complete
    words("signal"),  # what decided that it is complete
    Column("ours", Boolean, nullable=False, server_default="false"),  # made by us: never analysed
    Column("lag_s", Float),  # smallest time from when an image says it was made until it was received
    now("first_image_at"),
    now("last_image_at"),
    now("heard_at"),  # until when the index knows that no other image of it was waiting
    at("complete_at"),
    UniqueConstraint("study_id", "series_instance_uid"),
    Index("ix_series_receiving", "id", postgresql_where=text("arrival = 'receiving'")),
)

instance = Table(
    "instance",
    metadata,
    identifier(),
    of("series_id", "series"),
    Column("sop_instance_uid", Text, nullable=False),
    Column("sop_class_uid", Text, nullable=False),
    Column("transfer_syntax_uid", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("path", Text, nullable=False),  # relative to the vault
    Column("size", BigInteger, nullable=False),
    Column("instance_number", Integer),
    Column("position_mm", Float),  # along the slice normal
    Column("association", Text, nullable=False),
    Column("peer_ae_title", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("standing", Text, nullable=False, server_default="current"),  # current | conflict | correction | returned
    Column("identity", JSONB, nullable=False, server_default="{}"),
    UniqueConstraint("series_id", "sop_instance_uid", "sha256"),
    Index(None, "sop_instance_uid"),
    Index(None, "association"),
)

association = Table(
    "association",
    metadata,
    Column("id", Text, primary_key=True),  # the node's own id of it
    now("closed_at"),
)
"""Associations that ended; one that the node did not live to see end is simply not here."""

analysis = Table(
    "analysis",
    metadata,
    identifier(),
    of("series_id", "series"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    words("why"),
    words("because"),  # the kind of reason: pipeline.domain.because
    Column("token", Integer, nullable=False, server_default="0"),  # fences out an overtaken attempt
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("role", Text, nullable=False, server_default="other"),
    words("role_reason"),
    Column("role_confidence", Float),
    Column("haste", Text, nullable=False, server_default="urgent"),  # quick | urgent | routine | promoted
    words("bundle"),
    words("bundle_version"),
    Column("scan_probability", Float),
    Column("flags", JSONB, nullable=False, server_default="[]"),
    Column("notes", JSONB, nullable=False, server_default="[]"),  # on geometry: tilt, uneven spacing
    Column("coverage", JSONB, nullable=False, server_default="{}"),
    Column("seconds", JSONB, nullable=False, server_default="{}"),
    Column("mask_path", Text),  # relative to home/derived
    Column("results", JSONB, nullable=False, server_default="[]"),  # what each bundle said
    Column("reservations", JSONB, nullable=False, server_default="[]"),
    words("rules"),  # the reservation rules, and their version
    Column("midline_shift", JSONB),
    Column("companions", JSONB, nullable=False, server_default="[]"),  # roles read together with the series
    Column("choice", JSONB),  # among which series this one was chosen, or came after
    now("enqueued_at"),
    at("started_at"),
    at("finished_at"),
    UniqueConstraint("series_id", "version"),
    Index(None, "finished_at"),
    Index("ix_analysis_unfinished", "id", postgresql_where=text("state IN ('waiting', 'running')")),
)

finding = Table(
    "finding",
    metadata,
    identifier(),
    of("analysis_id", "analysis"),
    Column("kind", Text, nullable=False),
    Column("volume_ml", Float, nullable=False),
    Column("side", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("label", Integer, nullable=False),
    Column("centre_mm", JSONB),
    Column("site", Text),
    words("bundle"),
    words("bundle_version"),
    Column("for_triage", Boolean, nullable=False, server_default="true"),
    Column("abc2_ml", Float),
    Column("largest_diameter_mm", Float),
    Column("left_share", Float),
    Column("region", Text),
    Column("uncertainty", Float),
    Index(None, "analysis_id"),
)

role_correction = Table(
    "role_correction",
    metadata,
    identifier(),
    of("series_id", "series"),
    of("account_id", "account"),
    Column("from_role", Text, nullable=False),
    words("from_reason"),
    Column("to_role", Text, nullable=False),
    now("at"),
    Index(None, "series_id"),
)
"""What a person said a series is, in order; the newest stands in `series.role`."""

result_object = Table(
    "result_object",
    metadata,
    identifier(),
    of("analysis_id", "analysis"),
    Column("sop_instance_uid", Text, nullable=False, unique=True),
    Column("series_instance_uid", Text, nullable=False),
    Column("kind", Text, nullable=False),  # seg | sr | sc | pr
    Column("path", Text, nullable=False),  # relative to the vault
    Column("sha256", Text, nullable=False),
    now("created_at"),
    Index(None, "analysis_id"),
    Index(None, "series_instance_uid"),
    Index(None, "created_at"),
)

identity_correction = Table(
    "identity_correction",
    metadata,
    identifier(),
    of("case_id", "case"),
    Column("sop_instance_uid", Text, nullable=False),
    Column("known", JSONB, nullable=False),
    Column("proposed", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default="to_confirm"),  # to_confirm | confirmed | rejected
    of("decided_by", "account", optional=True),
    at("decided_at"),
    now("created_at"),
    UniqueConstraint("case_id", "proposed"),
)

account = Table(
    "account",
    metadata,
    identifier(),
    Column("name", Text, nullable=False, unique=True),
    words("full_name"),
    Column("role", Text, nullable=False),  # administrator | expert | site
    of("site_id", "site", optional=True),  # for role "site"
    Column("password_hash", Text, nullable=False),
    Column("must_change_password", Boolean, nullable=False, server_default="true"),
    Column("language", Text, nullable=False, server_default="fr"),
    Column("failures", Integer, nullable=False, server_default="0"),
    at("locked_until"),
    now("created_at"),
)

session = Table(
    "session",
    metadata,
    Column("token_sha256", LargeBinary, primary_key=True),
    of("account_id", "account"),
    now("created_at"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of("case_id", "case"),
    Column("kind", Text, nullable=False),  # received | completed | analysed | priority | taken | ...
    Column("data", JSONB, nullable=False, server_default="{}"),
    now("at"),
    Index(None, "case_id"),
)
"""What happened to each case, in order: the audit trail and the source of the desk's live events."""
