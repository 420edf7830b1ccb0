"""One browser's stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from time import monotonic
from uuid import UUID

from pipeline.domain.access import Viewer, may_see, may_see_patients
from review_ui.events.hub import Subscription
from review_ui.events.log import Update
from review_ui.events.signals import Signal, encoded_signal, may_hear
from review_ui.views import without_patient

KEEP_ALIVE_S = 15.0
_RETRY_AFTER_MS = 2000


def encoded(update: Update, viewer: Viewer) -> bytes:
    """An update as the event stream format has it, in what this viewer may know; its JSON is one line."""
    data = update.data if may_see_patients(viewer) else without_patient(update.data)
    return b"event: case\nid: %d\ndata: %s\n\n" % (update.event_id, data)


class Told:
    """What one browser was told: nothing it may not see, and no older version of a case after a newer one."""

    def __init__(self) -> None:
        self._versions: dict[UUID, int] = {}

    def is_news(self, update: Update, viewer: Viewer) -> bool:
        """Whether to send this update to this viewer now."""
        if not may_see(viewer, update.site_id) or update.version < self._versions.get(update.case_id, 0):
            return False
        self._versions[update.case_id] = update.version
        return True

    def said(self, news: Update | Signal, viewer: Viewer) -> Iterator[bytes]:
        """What this viewer is sent of it, if anything."""
        if isinstance(news, Signal):
            if may_hear(viewer, news):
                yield encoded_signal(news)
        elif self.is_news(news, viewer):
            yield encoded(news, viewer)


async def stream(
    subscription: Subscription,
    missed: Sequence[Update],
    viewer: Viewer,
    still: Callable[[], Awaitable[Viewer | None]],
    *,
    keep_alive_s: float = KEEP_ALIVE_S,
) -> AsyncIterator[bytes]:
    """The missed updates, then the live ones, with a comment in every silence.

    ``still`` says every ``keep_alive_s`` seconds who is looking now; when nobody is, the stream ends.
    """
    told = Told()
    yield b"retry: %d\n\n" % _RETRY_AFTER_MS
    for chunk in (one for update in missed for one in told.said(update, viewer)):
        yield chunk
    check_at = monotonic() + keep_alive_s
    while True:
        try:
            live = await asyncio.wait_for(subscription.queue.get(), max(check_at - monotonic(), 0.0))
        except TimeoutError:
            current = await still()
            if current is None:
                return
            viewer, check_at = current, monotonic() + keep_alive_s
            yield b": keep-alive\n\n"
            continue
        if live is None:
            return
        for chunk in told.said(live, viewer):
            yield chunk
