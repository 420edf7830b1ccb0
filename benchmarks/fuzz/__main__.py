"""``python -m benchmarks.fuzz --folder DIR [--targets NAME ...] [--seconds N]``: can nonsense break a reader?

A reader may refuse an input with its own error; any other error, an input that takes longer than a second, or
memory that grows by more than 256 MB ends the run with status 1 and leaves the input in DIR. Inputs are chosen by
the lines of our readers that they reach: by Google's atheris where that is installed (``pip install atheris``), else
by a tracer and mutations of our own, as ``--own`` asks for.

What reached something new is kept in DIR, and how long each target was fuzzed, so that runs add up: with
``--total 1800`` each target is fuzzed until it has had half an hour.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.fuzz.coverage import Coverage
from benchmarks.fuzz.mutation import mutated
from benchmarks.fuzz.targets import TARGETS, Target, complaint, most_memory_kb

_LEDGER = "seconds.jsonl"


def spent(folder: Path, name: str) -> tuple[float, int]:
    """Seconds and inputs that a target has had."""
    ledger = folder / _LEDGER
    entries = [json.loads(line) for line in ledger.read_text().splitlines()] if ledger.exists() else []
    mine = [one for one in entries if one["target"] == name]
    return sum(one["seconds"] for one in mine), sum(one["inputs"] for one in mine)


def note(folder: Path, name: str, engine: str, seconds: float, inputs: int) -> None:
    """Write down what a target had."""
    with (folder / _LEDGER).open("a") as file:
        entry = {"target": name, "engine": engine, "seconds": round(seconds, 1), "inputs": inputs}
        file.write(json.dumps(entry) + "\n")


def seeds_of(folder: Path, name: str) -> list[bytes]:
    """The corpus: made by our script, and what earlier runs found."""
    kept = folder / name
    kept.mkdir(parents=True, exist_ok=True)
    for body in TARGETS[name].corpus:
        keep(kept, body)
    return [file.read_bytes() for file in sorted(kept.iterdir())]


def keep(folder: Path, body: bytes) -> None:
    """Keep an input under its digest."""
    (folder / sha256(body).hexdigest()[:40]).write_bytes(body)


def fuzz(target: Target, seeds: Iterable[bytes], chance: Random, seconds: float) -> tuple[int, list[bytes], str, bytes]:
    """Try inputs for so long, with a tracer of our own.

    How many there were, those that reached something new, and the first complaint with its input.
    """
    coverage, before_kb = Coverage(), most_memory_kb()
    pool, found, tried = list(seeds), [], 0
    for body in pool:
        coverage.reaches_new(lambda body=body: complaint(target, body, before_kb))  # type: ignore[misc]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        body = mutated(chance, pool)
        tried += 1
        wrong: list[str] = []
        if coverage.reaches_new(lambda body=body, wrong=wrong: wrong.append(complaint(target, body, before_kb))):  # type: ignore[misc]
            pool.append(body)
            found.append(body)
        if wrong[0] and complaint(target, body, before_kb):  # again, without the tracer, which makes everything slow
            return tried, found, wrong[0], body
    return tried, found, "", b""


def _by_us(folder: Path, name: str, seconds: float, seed: int) -> tuple[int, str]:
    tried, found, wrong, body = fuzz(TARGETS[name], seeds_of(folder, name), Random(seed), seconds)
    for one in found:
        keep(folder / name, one)
    if wrong:
        (folder / f"broken-{name}").write_bytes(body)
    return tried, wrong


def _by_atheris(folder: Path, name: str, seconds: float) -> tuple[int, str]:
    seeds_of(folder, name)
    command = [sys.executable, "-m", "benchmarks.fuzz.guided", name, str(folder), str(int(seconds))]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    told = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    wrong = "" if done.returncode == 0 else done.stderr[-2000:]
    return int(told[1]) if told else 0, wrong


def main() -> int:
    """Fuzz the named targets, or all."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.fuzz")
    cli.add_argument("--folder", type=Path, required=True, help="where inputs and times are kept")
    cli.add_argument("--targets", nargs="+", default=list(TARGETS), choices=list(TARGETS))
    cli.add_argument("--seconds", type=float, default=60.0, help="for each target in this run, at most")
    cli.add_argument("--total", type=float, default=float("inf"), help="for each target in all runs, at most")
    cli.add_argument("--seed", type=int, default=0, help="0: another each time")
    cli.add_argument("--own", action="store_true", help="the tracer of our own, also where atheris is installed")
    chosen: Any = cli.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    engine = "own" if chosen.own or find_spec("atheris") is None else "atheris"
    for name in chosen.targets:
        seconds = min(chosen.seconds, chosen.total - spent(chosen.folder, name)[0])
        if seconds < 1:
            continue
        began = time.monotonic()
        seed = chosen.seed or time.time_ns()
        tried, wrong = (
            _by_us(chosen.folder, name, seconds, seed) if engine == "own" else _by_atheris(chosen.folder, name, seconds)
        )
        note(chosen.folder, name, engine, time.monotonic() - began, tried)
        had, inputs = spent(chosen.folder, name)
        print(f"{name}: {tried} inputs ({engine}), {had:.0f} s and {inputs} in all", flush=True)
        if wrong:
            print(f"{name} is broken by an input in {chosen.folder}: {wrong}", flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
