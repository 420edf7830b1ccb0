"""``python -m benchmarks.desk_load [--users N] [--cases N] [--minutes N] [--json FILE]``: fifty people at one desk.

A whole NeuroVigie is started in an empty folder with open cases. People sign in (hospitals, experts, coordinators,
an administrator), keep a stream of events open each, and do what people do, while four hospitals send a head CT
each every so often, which is received, analysed and put on the worklist. Every call is timed where it is made,
with its whole answer read; people, hospitals, PostgreSQL, desk and model share this machine.

At the end every stream must have told the newest version of every case its person may see. A lost event, an answer
of 5xx or a call without an answer ends the command with status 1, and so does a missed goal.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.desk_load.house import fill, hospitals_sending, people
from benchmarks.desk_load.person import AtTheDesk, Timings, new_timings
from benchmarks.latency import Sender
from pipeline.testing.running import running

GOAL_MS = 150.0
"""p95 of an API call, fifty people and two hundred open cases on two cores."""
_AT_REST_S = 60.0
"""After the last call, the last events are told by then, however busy the machine."""


async def load(address: str, chosen: argparse.Namespace) -> tuple[Timings, list[str], dict[str, Any]]:
    """Let everybody work; timings by route, what went wrong, and what the worklist weighs."""
    timings = new_timings()
    everybody = [AtTheDesk(one, address, timings, Random(number)) for number, one in enumerate(people(chosen.users))]
    began = time.monotonic()
    await asyncio.gather(*(one.sign_in() for one in everybody))
    signing_in_s = time.monotonic() - began
    streams = [asyncio.create_task(one.follow()) for one in everybody]
    until = time.monotonic() + 60 * chosen.minutes
    await asyncio.gather(*(one.work(until, chosen.think) for one in everybody))
    lost = await _lost_by_all(everybody)
    weight = await _worklist(everybody[0])
    for stream in streams:
        stream.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*streams, return_exceptions=True)
    for one in everybody:
        await one.client.aclose()
    wrong = [problem for one in everybody for problem in one.failures] + lost
    heard = sum(len(one.heard) for one in everybody)
    return timings, wrong, weight | {"signing_in_s": round(signing_in_s, 1), "cases_told": heard}


async def _lost_by_all(everybody: Sequence[AtTheDesk]) -> list[str]:
    """What is still not told when there was time enough to tell it."""
    late_s = time.monotonic() + _AT_REST_S
    while True:
        lost = [problem for one in everybody for problem in await _lost(one)]
        if not lost or time.monotonic() > late_s:
            return lost
        await asyncio.sleep(1.0)


async def _lost(one: AtTheDesk) -> list[str]:
    """Cases that changed since this person began, and whose newest version its stream has not told."""
    then = {case["id"]: case["version"] for case in one.worklist_at_first}
    now = (await one.client.get("/worklist")).json()["cases"]
    changed = {case["id"]: case["version"] for case in now if then.get(case["id"]) != case["version"]}
    return [
        f"{one.who.name} was not told of version {version} of a case"
        for case, version in changed.items()
        if one.heard.get(case, then.get(case, 0)) < version
    ]


async def _worklist(one: AtTheDesk) -> dict[str, Any]:
    """How long the worklist takes alone, and how many bytes it is on the line."""
    seconds = []
    for _ in range(10):
        began = time.perf_counter()
        answer = await one.client.get("/worklist")
        seconds.append(time.perf_counter() - began)
    sent = int(answer.headers.get("content-length", len(answer.content)))
    return {
        "open_cases": len(answer.json()["cases"]),
        "worklist_bytes": sent,
        "worklist_ms": round(1000 * float(np.median(seconds)), 1),
    }


def table(timings: Timings) -> list[dict[str, Any]]:
    """One row a route, the slowest first, and all together last."""
    rows = [_row(route, seconds) for route, seconds in timings.items()]
    every = [one for seconds in timings.values() for one in seconds]
    return [*sorted(rows, key=lambda row: -row["p95_ms"]), _row("all", every)]


def _row(route: str, seconds: Sequence[float]) -> dict[str, Any]:
    points = {f"p{p}_ms": round(1000 * float(np.percentile(seconds, p)), 1) for p in (50, 95, 99)}
    return {"route": route, "calls": len(seconds), **points, "most_ms": round(1000 * max(seconds), 1)}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(prog="benchmarks.desk_load")
    cli.add_argument("--users", type=int, default=50)
    cli.add_argument("--cases", type=int, default=200, help="open cases at the beginning")
    cli.add_argument("--minutes", type=float, default=3.0)
    cli.add_argument("--think", type=float, default=5.0, help="seconds between two acts of a person, on average")
    cli.add_argument("--every", type=float, default=60.0, help="seconds between two studies of a hospital")
    cli.add_argument("--slices", type=int, default=40)
    cli.add_argument("--json", type=Path, help="write everything measured here")
    return cli


def main() -> int:
    """Run it and print the table."""
    chosen = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="nv-desk-load-") as folder, running(Path(folder)) as house:
        fill(house, people(chosen.users), chosen.cases)
        sender = Sender(house, chosen.slices)
        sender.send("warm")
        with hospitals_sending(sender, chosen.every) as sent:
            timings, wrong, said = asyncio.run(load(f"http://127.0.0.1:{house.web_port}", chosen))
        said["studies_sent"] = len(sent)
    rows = table(timings)
    _say(rows, said, wrong)
    if chosen.json:
        chosen.json.write_text(json.dumps({"rows": rows, "said": said, "wrong": wrong}, indent=1))
    return 1 if wrong or rows[-1]["p95_ms"] >= GOAL_MS else 0


def _say(rows: Sequence[dict[str, Any]], said: dict[str, Any], wrong: Sequence[str]) -> None:
    names = ("calls", "p50_ms", "p95_ms", "p99_ms", "most_ms")
    sys.stdout.write(f"{'route':44}" + "".join(f" {name:>8}" for name in names) + "\n")
    for row in rows:
        sys.stdout.write(f"{row['route']:44}" + "".join(f" {row[name]:>8}" for name in names) + "\n")
    sys.stdout.write(
        f"goal: p95 of all below {GOAL_MS:.0f} ms: {'met' if rows[-1]['p95_ms'] < GOAL_MS else 'missed'}\n"
    )
    sys.stdout.write(", ".join(f"{name} {value}" for name, value in said.items()) + "\n")
    for problem in sorted(set(wrong)):
        sys.stdout.write(f"Not as it must be, {wrong.count(problem)} times: {problem}\n")


if __name__ == "__main__":
    sys.exit(main())
