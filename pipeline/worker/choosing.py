"""Before a series is read: is there a better one of the same acquisition?"""

from __future__ import annotations

from dataclasses import replace

from pipeline.assembly.character import characterise
from pipeline.assembly.view import view_of
from pipeline.database.analyses import Claim
from pipeline.database.choosing import Alike, alike, settle
from pipeline.domain.choice import PREFERENCES, Candidate
from pipeline.domain.errors import BadInput
from pipeline.volumes.source import read_header
from pipeline.worker.bench import Bench


def gives_way(bench: Bench, held: Claim) -> bool:
    """Whether the series held was left to a better one; its analysis has then ended and says so.

    What a person said a series is, is always read. So is a series that cannot be compared. Raises `Fenced`.
    """
    preference = PREFERENCES.get(held.role)
    if preference is None or held.said:
        return False
    with bench.engine.begin() as connection:
        known = alike(connection, held)
    candidates = {one.series_id: found for one in known if (found := _candidate(bench, one)) is not None}
    mine = candidates.pop(held.series_id, None)
    if mine is None or not candidates:
        return False
    with bench.engine.begin() as connection:
        return settle(connection, held, mine, candidates, preference, bench.now())


def _candidate(bench: Bench, one: Alike) -> Candidate | None:
    """A series as far as a few of its headers tell; none if they cannot be read."""
    try:
        headers = [read_header(bench.home.vault / path) for path in one.samples]
    except BadInput:
        return None
    if not headers:
        return None
    seen = characterise(headers, one.recognition.role)
    character = replace(seen, images=one.images, complete=not one.provisional)
    view = view_of(headers, from_mm=one.from_mm, to_mm=one.to_mm, whole_head=character.whole_head)
    return Candidate(one.SeriesInstanceUID, one.recognition, character, view)
