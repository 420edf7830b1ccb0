"""One signed-in person: an open stream of events, and what people do on the desk, in between thinking."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any
from uuid import uuid4

import httpx

from benchmarks.desk_load.house import PASSWORD, Person
from pipeline.domain.access import AccountRole

Timings = dict[str, list[float]]
_FRAMES = 6
_GONE_MEANWHILE = {403, 404, 409}
"""Somebody else was quicker, or an administrator may not: an answer like any other."""


class AtTheDesk:
    """A person with a browser; ``timings`` is shared by all."""

    def __init__(self, who: Person, address: str, timings: Timings, luck: Random) -> None:
        self.who = who
        self.timings = timings
        self.luck = luck
        self.heard: dict[str, int] = {}
        self.failures: list[str] = []
        self.worklist: list[dict[str, Any]] = []
        limits = httpx.Limits(max_connections=7)  # a browser's six, and the stream
        self.client = httpx.AsyncClient(
            base_url=f"{address}/api/v1", headers={"X-NeuroVigie": "1"}, timeout=60, limits=limits, trust_env=False
        )

    async def sign_in(self) -> None:
        """Begin, and see the worklist."""
        await self.ask("POST", "/session", "/session", json={"name": self.who.name, "password": PASSWORD})
        shown = await self.ask("GET", "/worklist", "/worklist")
        self.worklist, self.began_at = shown["cases"], shown["last_event"]
        self.worklist_at_first = self.worklist

    async def follow(self) -> None:
        """Read the stream of events until cancelled."""
        stream = self.client.stream("GET", "/events", params={"after": self.began_at}, timeout=None)
        async with stream as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: {") and '"version"' in line:
                    told = json.loads(line[6:])
                    self.heard[told["id"]] = told["version"]

    async def work(self, until: float, think_s: float) -> None:
        """Do one thing after another, with pauses of ``think_s`` on average."""
        acts = self._acts()
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, self.luck.expovariate(1 / think_s)))
            act = self.luck.choices(list(acts), list(acts.values()))[0]
            await act()

    def _acts(self) -> dict[Callable[[], Awaitable[None]], int]:
        common = {self.open_case: 10, self.look_again: 2, self.figures: 1}
        if self.who.role is AccountRole.SITE:
            return common | {self.write: 3, self.request: 2}
        if self.who.role is AccountRole.EXPERT:
            return common | {self.write: 2, self.take_and_release: 2, self.draft: 4, self.calls: 4, self.rota: 1}
        if self.who.role is AccountRole.COORDINATOR:
            return common | {self.rota: 6, self.calls: 2, self.write: 1}
        return common | {self.rota: 2}

    async def open_case(self) -> None:
        """A case's page, with its images where there are any."""
        case = self._some_case()
        detail = await self.ask("GET", f"/cases/{case}", "/cases/{case}")
        if detail is None:
            return
        panes = ("calling", "times", "deadlines", *(() if self._blind else ("requests", "messages", "opinions")))
        await asyncio.gather(*(self.ask("GET", f"/cases/{case}/{one}", f"/cases/{{case}}/{one}") for one in panes))
        if not self._blind:
            await self._look_at_images(detail)

    async def _look_at_images(self, detail: dict[str, Any]) -> None:
        for study in detail["studies"]:
            root = f"/studies/{study['id']}/dicomweb/studies/{study['study_instance_uid']}"
            for series in study["series"]:
                if series["ours"] or "serie " in series["series_description"]:  # filled in, without images
                    continue
                at = f"{root}/series/{series['series_instance_uid']}"
                described = await self.ask("GET", f"{at}/metadata", "DICOMweb metadata")
                for image in (described or [])[:_FRAMES]:
                    instance = image["00080018"]["Value"][0]
                    await self.ask("GET", f"{at}/instances/{instance}/frames/1", "DICOMweb frames")
                return

    async def look_again(self) -> None:
        """The worklist anew, as after a reload."""
        shown = await self.ask("GET", "/worklist", "/worklist")
        self.worklist = shown["cases"]
        await self.ask("GET", "/messages/unread", "/messages/unread")

    async def write(self) -> None:
        """A message to the others."""
        case = self._some_case()
        body = {"text": "Patient sous AOD ?", "key": str(uuid4())}
        thread = await self.ask("POST", f"/cases/{case}/messages", "/cases/{case}/messages (write)", json=body)
        if thread:
            seen = {"message": thread["messages"][-1]["id"]}
            await self.ask("POST", f"/cases/{case}/messages/seen", "/cases/{case}/messages/seen", json=seen)

    async def request(self) -> None:
        """Ask for an opinion."""
        asked = {
            "patient": {"family_name": "Le Goff", "given_name": "Jean", "patient_id": uuid4().hex[:8]},
            "urgency": "urgent" if self.luck.random() < 0.3 else "differed",
            "requester": "Dr Morvan",
            "call_back": "+33 2 98 00 00 00",
            "key": str(uuid4()),
        }
        await self.ask("POST", "/requests/check", "/requests/check", json=_checked(asked))
        await self.ask("POST", "/requests", "/requests (make)", json=asked)

    async def take_and_release(self) -> None:
        """Hold a case for a moment."""
        case = self._some_case()
        if await self.ask("POST", f"/cases/{case}/take", "/cases/{case}/take") is not None:
            await self.ask("POST", f"/cases/{case}/release", "/cases/{case}/release")

    async def draft(self) -> None:
        """Write an opinion, which keeps itself."""
        case = self._some_case()
        begun = await self.ask("POST", f"/cases/{case}/opinions", "/cases/{case}/opinions (begin)")
        if begun is None or begun["draft"] is None:
            return
        body = {"revision": begun["revision"], "content": begun["draft"]["said"]["content"] | {"conclusion": "RAS"}}
        await self.ask("PUT", f"/opinions/{begun['id']}/draft", "/opinions/{opinion}/draft", json=body)

    async def calls(self) -> None:
        """Who calls me?"""
        await self.ask("GET", "/calls", "/calls")

    async def rota(self) -> None:
        """The rota's page."""
        parts = ("duties", "experts", "gaps?days=42", "needs", "absences", "exchanges")
        await asyncio.gather(*(self.ask("GET", f"/rota/{one}", f"/rota/{one.split('?')[0]}") for one in parts))

    async def figures(self) -> None:
        """The figures of three months."""
        await self.ask("GET", "/figures", "/figures")

    async def ask(self, method: str, path: str, route: str, **more: Any) -> Any:
        """One call, timed under its route; none where somebody else was quicker."""
        began = time.perf_counter()
        try:
            answer = await self.client.request(method, path, **more)
        except httpx.HTTPError as error:
            self.failures.append(f"{route}: {type(error).__name__}")
            return None
        self.timings[f"{method} {route}"].append(time.perf_counter() - began)
        if answer.is_success:
            return answer.json() if "json" in answer.headers.get("content-type", "") else True
        if answer.status_code not in _GONE_MEANWHILE:
            self.failures.append(f"{route}: {answer.status_code}")
        return None

    @property
    def _blind(self) -> bool:
        return self.who.role is AccountRole.ADMINISTRATOR

    def _some_case(self) -> str:
        """Mostly one of the first, as people read, or one that has just come."""
        fresh = list(self.heard)[-5:]
        if fresh and self.luck.random() < 0.4:
            return self.luck.choice(fresh)
        first = self.worklist[:30] if self.luck.random() < 0.7 else self.worklist
        return str(self.luck.choice(first)["id"])


def new_timings() -> Timings:
    """No calls yet."""
    return defaultdict(list)


def _checked(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name != "key"}
