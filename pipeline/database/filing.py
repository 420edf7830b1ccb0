"""Instances become rows: those of one series together, each once, and what contradicts is kept beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Connection, Row, Text, any_, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.database.belonging import Incoming, Place, one_at_a_time, place_of
from pipeline.database.cases import add_warning, no_test_any_more
from pipeline.database.own import is_known_study, made_by_us, named_as_ours
from pipeline.database.sites import ensure_site
from pipeline.database.tables import identity_correction, instance, result_object, series, study
from pipeline.domain.identity import InstanceContent, PatientIdentity, SameInstance, compare


@dataclass(frozen=True, slots=True)
class Filed:
    """Where an instance went, and what that changed."""

    case_id: UUID
    series_id: UUID
    received_at: datetime
    new_image: bool
    changed_case: bool
    ours: bool = False


Pixels = Callable[[str], str | None]
"""The digest of the pixels of a file of the vault, read when two contents are held against each other."""


def file_instances(connection: Connection, incoming: Sequence[Incoming], now: datetime, pixels: Pixels) -> list[Filed]:
    """File instances; filing them again changes nothing. ``now`` is when the index heard of them.

    A result of ours, or of another NeuroVigie, on a study that nobody sent is left out: it opens no case,
    and stays in the vault.
    """
    _alone_with(connection, incoming)
    first, repeated = _told_apart(incoming)
    filed = [place for alike in _by_series(first) for place in _file_alike(connection, alike, now, pixels)]
    for one in repeated:
        filed += _file_alike(connection, [one], now, pixels)
    return filed


def _alone_with(connection: Connection, incoming: Sequence[Incoming]) -> None:
    """Wait until nobody else files into these studies; in one order, so that no two wait for each other."""
    for site_id in sorted({one.site_id for one in incoming}):
        ensure_site(connection, site_id)
    for names in sorted({(one.site_id, one.facts.StudyInstanceUID) for one in incoming}):
        one_at_a_time(connection, *names)


def _told_apart(incoming: Iterable[Incoming]) -> tuple[list[Incoming], list[Incoming]]:
    """The first instance of each SOPInstanceUID, and those that repeat one, which are judged against it."""
    seen: set[str] = set()
    first: list[Incoming] = []
    repeated: list[Incoming] = []
    for one in incoming:
        (repeated if one.SOPInstanceUID in seen else first).append(one)
        seen.add(one.SOPInstanceUID)
    return first, repeated


def _by_series(incoming: Iterable[Incoming]) -> list[list[Incoming]]:
    """Instances that go into one series together, in the order they came."""
    groups: dict[tuple[object, ...], list[Incoming]] = {}
    for one in incoming:
        facts = one.facts
        belongs = (one.site_id, facts.StudyInstanceUID, facts.SeriesInstanceUID, facts.identity.key)
        groups.setdefault((*belongs, named_as_ours(one.SOPInstanceUID, facts)), []).append(one)
    return list(groups.values())


def _file_alike(connection: Connection, alike: Sequence[Incoming], now: datetime, pixels: Pixels) -> list[Filed]:
    known = _known_instances(connection, alike)
    filed = _file_new(connection, [one for one in alike if one.SOPInstanceUID not in known], now)
    for one in alike:
        if one.SOPInstanceUID in known:
            filed.append(_file_known(connection, one, known[one.SOPInstanceUID], now, pixels))
    return filed


def _known_instances(connection: Connection, alike: Sequence[Incoming]) -> dict[str, Row[Any]]:
    """What we have under each SOPInstanceUID from this site: the same bytes if there, else the first.

    An object that we made is known whichever site's archive sends it back.
    """
    uids = literal([one.SOPInstanceUID for one in alike], ARRAY(Text))
    ours = select(result_object.c.id).where(result_object.c.sop_instance_uid == instance.c.sop_instance_uid).exists()
    query = (
        select(instance, study.c.case_id, series.c.ours)
        .join(series, series.c.id == instance.c.series_id)
        .join(study, study.c.id == series.c.study_id)
        .where(instance.c.sop_instance_uid == any_(uids), (study.c.site_id == alike[0].site_id) | ours)
        .order_by(instance.c.received_at)
    )
    sent = {one.SOPInstanceUID: one.receipt.sha256 for one in alike}
    known: dict[str, Row[Any]] = {}
    for row in connection.execute(query):
        held = known.setdefault(row.sop_instance_uid, row)
        if row.sha256 == sent[row.sop_instance_uid] != held.sha256:
            known[row.sop_instance_uid] = row
    return known


def _file_new(connection: Connection, alike: Sequence[Incoming], now: datetime) -> list[Filed]:
    if not alike:
        return []
    one = alike[0]
    ours = made_by_us(connection, one.SOPInstanceUID, one.facts)
    if ours and not is_known_study(connection, one.receipt, one.facts):
        return []
    place = place_of(connection, one, ours=ours, now=now)
    new = _insert_instances(connection, alike, place.series_id, standing="current")
    _count_images(connection, [each for each in alike if each.SOPInstanceUID in new], place.series_id, now)
    if not all(each.facts.is_test for each in alike):
        no_test_any_more(connection, place.case_id)
    return [_filed(each, place, new=each.SOPInstanceUID in new) for each in alike]


def _filed(one: Incoming, place: Place, *, new: bool) -> Filed:
    at = one.receipt.arrival.received_at
    return Filed(place.case_id, place.series_id, at, new and not place.ours, new, place.ours)


def _file_known(connection: Connection, one: Incoming, known: Row[Any], now: datetime, pixels: Pixels) -> Filed:
    if known.ours:
        return _file_returned(connection, one, known)
    match _compared(one, known, pixels):
        case SameInstance.DUPLICATE:
            return _unchanged(one, known)
        case SameInstance.IDENTITY_CORRECTION:
            return _file_correction(connection, one, known)
        case SameInstance.CONFLICT:
            return _file_conflict(connection, one, known, now)


def _compared(one: Incoming, known: Row[Any], pixels: Pixels) -> SameInstance:
    if known.sha256 == one.receipt.sha256:
        return SameInstance.DUPLICATE
    held = InstanceContent(known.sha256, pixels(known.path), PatientIdentity(**known.identity))
    return compare(held, InstanceContent(one.receipt.sha256, pixels(one.receipt.path), one.facts.identity))


def _unchanged(one: Incoming, known: Row[Any], *, changed_case: bool = False) -> Filed:
    """Filed beside what is known: no new image of its series."""
    at = one.receipt.arrival.received_at
    return Filed(known.case_id, known.series_id, at, new_image=False, changed_case=changed_case, ours=known.ours)


def _file_returned(connection: Connection, one: Incoming, known: Row[Any]) -> Filed:
    """What we made came back: nothing changes. A copy that an archive has altered is kept beside ours, unshown."""
    if known.sha256 != one.receipt.sha256:
        _insert_instances(connection, [one], known.series_id, standing="returned")
    return _unchanged(one, known)


def _file_correction(connection: Connection, one: Incoming, known: Row[Any]) -> Filed:
    """Keep the second version beside the first, and ask a person; nothing is analysed again."""
    new = _insert_instances(connection, [one], known.series_id, standing="correction")
    if new:
        asked = insert(identity_correction).values(
            case_id=known.case_id,
            sop_instance_uid=known.sop_instance_uid,
            known=known.identity,
            proposed=asdict(one.facts.identity),
        )
        connection.execute(asked.on_conflict_do_nothing())
        said = "the same images came again with other demographics; a person must confirm which are right"
        add_warning(connection, known.case_id, "identity_correction", said)
    return _unchanged(one, known, changed_case=bool(new))


def _file_conflict(connection: Connection, one: Incoming, known: Row[Any], now: datetime) -> Filed:
    """Keep both images of one SOPInstanceUID and flag it; another patient's goes to that patient's case."""
    warning = ("conflicting_duplicate", "two different images came under one SOPInstanceUID; both are kept")
    add_warning(connection, known.case_id, *warning)
    if PatientIdentity(**known.identity).key != one.facts.identity.key:
        place = place_of(connection, one, ours=made_by_us(connection, one.SOPInstanceUID, one.facts), now=now)
        new = _insert_instances(connection, [one], place.series_id, standing="current")
        _count_images(connection, [one] if new else [], place.series_id, now)
        add_warning(connection, place.case_id, *warning)
        return _filed(one, place, new=bool(new))
    new = _insert_instances(connection, [one], known.series_id, standing="conflict")
    return _unchanged(one, known, changed_case=bool(new))


def _insert_instances(
    connection: Connection, alike: Sequence[Incoming], series_id: UUID, *, standing: str
) -> frozenset[str]:
    """Insert rows of one series; the SOPInstanceUIDs of those that were not there already."""
    made = insert(instance).on_conflict_do_nothing().returning(instance.c.sop_instance_uid)
    rows = [{**_row(one), "series_id": series_id, "standing": standing} for one in alike]
    return frozenset(connection.execute(made, rows).scalars())


def _row(one: Incoming) -> dict[str, Any]:
    receipt, facts, arrival = one.receipt, one.facts, one.receipt.arrival
    return {
        "sop_instance_uid": arrival.SOPInstanceUID,
        "sop_class_uid": arrival.SOPClassUID,
        "transfer_syntax_uid": arrival.TransferSyntaxUID,
        "sha256": receipt.sha256,
        "path": receipt.path,
        "size": receipt.size,
        "instance_number": facts.InstanceNumber,
        "position_mm": facts.position_mm,
        "association": arrival.association_id,
        "peer_ae_title": arrival.peer_ae_title,
        "received_at": arrival.received_at,
        "identity": asdict(facts.identity),
    }


def _count_images(connection: Connection, new: Sequence[Incoming], series_id: UUID, now: datetime) -> None:
    """Count new images; a series of a sender that was thought complete is receiving again."""
    if not new:
        return
    positions = [one.facts.position_mm for one in new if one.facts.position_mm is not None]
    connection.execute(
        update(series)
        .where(series.c.id == series_id)
        .values(
            images=series.c.images + len(new),
            last_image_at=func.greatest(series.c.last_image_at, max(one.receipt.arrival.received_at for one in new)),
            heard_at=func.greatest(series.c.heard_at, now),
            lag_s=func.least(series.c.lag_s, _lag_s(new[-1])),
            extent_from_mm=func.least(series.c.extent_from_mm, min(positions, default=None)),
            extent_to_mm=func.greatest(series.c.extent_to_mm, max(positions, default=None)),
            expected=func.greatest(series.c.expected, max(one.facts.expected or 0 for one in new) or None),
            arrival=text("CASE WHEN ours THEN 'complete' ELSE 'receiving' END"),
        )
    )


def _lag_s(one: Incoming) -> float | None:
    """How long after it says it was made an image was received, in seconds; negative where clocks differ."""
    made_at = one.facts.made_at
    return None if made_at is None else (one.receipt.arrival.received_at - made_at).total_seconds()
