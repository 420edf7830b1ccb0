"""``python -m benchmarks.latency [--minutes N] [--json FILE]``: how long from a last image to its alert?

A whole NeuroVigie is started in an empty folder. Phantom head CTs with a large haemorrhage are sent to it by
C-STORE; the clock of a study begins when its last image is acknowledged and ends when a listener on the database,
as the desk is one, sees the case raised (or, where no model raises it, answered). Three situations:

- idle: one study after the other, each alone in the house
- steady: four hospitals send a study each every minute, for ``--minutes``
- behind: ``--routine`` priors are queued at once; urgent studies arrive while they are worked off

Then, with one child and routine analyses without end, how long an urgent request waits for the step under way.

A study that is lost, unanswered or answered twice ends the command with status 1.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from pydicom import Dataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from benchmarks.step_wait import StepWaits, step_waits
from dicom_node.scu.association import Target, associate
from pipeline.domain.finding import Side
from pipeline.inference.child import InferenceChild
from pipeline.phantom import Haemorrhage, PhantomSeries, PhantomStudy, datasets
from pipeline.testing.running import Running, running

GOALS_S = {"idle": 8.0, "steady": 20.0, "behind": 20.0}
"""p95 from last image to alert on two cores."""
_HOSPITALS = ("PORT_BRUME", "VAL_D_AVEN", "KER_AVEL", "ROZ_GLAS")
_PATIENCE_S = 900.0
_ENDED = ("analysed", "not_analysed", "failed")


@dataclass
class Sent:
    """One study: when its last image was acknowledged, and when its case was seen raised, in `time.monotonic`."""

    patient_id: str
    urgent: bool
    last_image: float = 0.0
    alert: float | None = None


@dataclass
class Watch:
    """Listens as the desk does; knows of each patient when the case was first raised or answered."""

    url: str
    seen: dict[str, float] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until stopped, or the house is gone."""
        with contextlib.suppress(psycopg.OperationalError):
            self._listen()

    def _listen(self) -> None:
        query = 'SELECT patient_id FROM "case" WHERE alerted_at IS NOT NULL OR state = ANY(%s)'
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("LISTEN neurovigie_event")
            while not self.stop.is_set():
                list(connection.notifies(timeout=1.0, stop_after=1))
                now = time.monotonic()
                with self.changed:
                    for (patient_id,) in connection.execute(query, [list(_ENDED)]):
                        self.seen.setdefault(patient_id, now)
                    self.changed.notify_all()

    def wait_for(self, patient_ids: set[str]) -> None:
        """Until every case is raised or answered, or patience ends."""
        with self.changed:
            self.changed.wait_for(lambda: patient_ids <= set(self.seen), _PATIENCE_S)


def _head(slices: int) -> PhantomStudy:
    """A head of 160 mm with a large haemorrhage."""
    series = PhantomSeries(images=slices, spacing_mm=round(160.0 / slices, 3))
    return PhantomStudy(seed=1, series=(series,), haemorrhage=Haemorrhage(35.0, Side.LEFT))


class Sender:
    """Sends the same head as ever new studies of ever new patients."""

    def __init__(self, house: Running, slices: int) -> None:
        self._images = list(datasets(_head(slices)))
        self._port = house.dicom_port
        self._count = 0
        self._lock = threading.Lock()

    def send(self, scenario: str, hospital: str = _HOSPITALS[0], *, urgent: bool = True) -> Sent:
        """Send one study in one association; returns when its last image is acknowledged."""
        with self._lock:
            self._count += 1
            sent = Sent(f"{scenario}-{self._count}", urgent)
        images = self._new_study(sent)
        # A slow house is measured, not given up.
        target = Target("127.0.0.1", self._port, "NEUROVIGIE", hospital, answer_s=_PATIENCE_S)
        association = associate(target, [(CTImageStorage, ExplicitVRLittleEndian)])
        for image in images:
            status = association.send_c_store(image)
            if status.get("Status") != 0x0000:
                raise SystemExit(f"the node did not store an image ({status.get('Status', 'association lost')})")
        sent.last_image = time.monotonic()
        association.release()
        return sent

    def _new_study(self, sent: Sent) -> list[Dataset]:
        taken = datetime.now(UTC) - (timedelta(0) if sent.urgent else timedelta(days=700))
        study, series, frame = generate_uid(), generate_uid(), generate_uid()
        made = []
        for image in self._images:
            copy = deepcopy(image)
            copy.StudyInstanceUID, copy.SeriesInstanceUID, copy.FrameOfReferenceUID = study, series, frame
            copy.SOPInstanceUID = generate_uid()
            copy.file_meta.MediaStorageSOPInstanceUID = copy.SOPInstanceUID
            copy.PatientID, copy.StudyDate = sent.patient_id, f"{taken:%Y%m%d}"
            made.append(copy)
        return made


def idle(sender: Sender, watch: Watch, studies: int) -> list[Sent]:
    """One after the other."""
    done = []
    for _ in range(studies):
        sent = sender.send("idle")
        watch.wait_for({sent.patient_id})
        _until_quiet(watch)
        done.append(sent)
    return done


def steady(sender: Sender, watch: Watch, minutes: float) -> list[Sent]:
    """Four hospitals, a study each every minute."""
    rounds = max(1, round(minutes))
    began = time.monotonic()
    with ThreadPoolExecutor(len(_HOSPITALS)) as pool:
        waiting = []
        for turn in range(rounds):
            for place, hospital in enumerate(_HOSPITALS):
                _sleep_until(began + 60.0 * turn + 15.0 * place)
                waiting.append(pool.submit(sender.send, "steady", hospital))
        done = [one.result() for one in waiting]
    watch.wait_for({sent.patient_id for sent in done})
    return done


def behind(sender: Sender, watch: Watch, routine: int, urgent: int) -> tuple[list[Sent], float]:
    """Urgent studies while priors are worked off; also how many routine studies a minute were."""
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        priors = [pool.submit(sender.send, "prior", _HOSPITALS[1], urgent=False) for _ in range(routine)]
        first = [one.result() for one in priors]
    done = []
    for _ in range(urgent):
        sent = sender.send("urgent", _HOSPITALS[2])
        watch.wait_for({sent.patient_id})
        done.append(sent)
    watch.wait_for({sent.patient_id for sent in first})
    ended = max((watch.seen.get(sent.patient_id, time.monotonic()) for sent in first), default=began)
    return [*first, *done], 60.0 * routine / max(ended - began, 1e-6)


def _until_quiet(watch: Watch) -> None:
    """Until no job is left, so that the next study finds an idle house."""
    left = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    with psycopg.connect(watch.url, autocommit=True) as connection:
        while connection.execute(left).fetchone() != (0,):
            time.sleep(0.2)


def _sleep_until(at: float) -> None:
    time.sleep(max(0.0, at - time.monotonic()))


def problems(house: Running, every: Sequence[Sent]) -> list[str]:
    """Cases that are lost, unanswered, or have not exactly one current result."""
    query = """
        SELECT study.patient_id, count(analysis.id) FILTER (WHERE analysis.state = 'analysed')
        FROM study JOIN series ON series.study_id = study.id AND NOT series.ours
        LEFT JOIN analysis ON analysis.series_id = series.id GROUP BY study.patient_id
    """
    results: dict[str, int] = dict(house.rows(query))
    found = [f"{one.patient_id} is lost" for one in every if one.patient_id not in results]
    found += [f"{name} has {count} results" for name, count in results.items() if count != 1]
    return found


def queue_waits(house: Running) -> dict[str, list[float]]:
    """Seconds from when an analysis was asked for until it began, by haste."""
    query = (
        "SELECT haste, extract(epoch FROM started_at - enqueued_at)::float FROM analysis WHERE started_at IS NOT NULL"
    )
    waits: dict[str, list[float]] = {}
    for haste, seconds in house.rows(query):
        waits.setdefault(haste, []).append(seconds)
    return waits


def stages(house: Running) -> dict[str, float]:
    """Median seconds of each stage of an analysis."""
    taken: dict[str, list[float]] = {}
    for (seconds,) in house.rows("SELECT seconds FROM analysis WHERE state = 'analysed'"):
        for stage, value in seconds.items():
            taken.setdefault(stage, []).append(value)
    return {stage: round(float(np.median(some)), 3) for stage, some in taken.items()}


def row(name: str, every: Sequence[Sent], watch: Watch) -> dict[str, Any]:
    """One line of the table: percentiles of last image to alert."""
    seconds = [
        watch.seen[one.patient_id] - one.last_image for one in every if one.urgent and one.patient_id in watch.seen
    ]
    points = {f"p{p}_s": round(float(np.percentile(seconds, p)), 2) if seconds else None for p in (50, 95, 99)}
    goal = GOALS_S[name]
    return {"situation": name, "studies": len(seconds), **points, "goal_p95_s": goal,
            "met": points["p95_s"] is not None and points["p95_s"] < goal}  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(prog="benchmarks.latency")
    cli.add_argument("--minutes", type=float, default=5.0, help="how long the steady load lasts")
    cli.add_argument("--studies", type=int, default=10, help="how many studies are sent to the idle house")
    cli.add_argument("--routine", type=int, default=30, help="how many priors are queued before the urgent ones")
    cli.add_argument("--urgent", type=int, default=5, help="how many urgent studies arrive behind them")
    cli.add_argument("--slices", type=int, default=40)
    cli.add_argument("--only", choices=sorted(GOALS_S), action="append", help="only this situation; may be repeated")
    cli.add_argument("--json", type=Path, help="write everything measured here")
    return cli


def main() -> int:
    """Run the situations asked for and print their table; 1 when a case was lost or unanswered."""
    chosen = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="nv-latency-") as folder, running(Path(folder)) as house:
        watch = Watch(house.database_url())
        listening = threading.Thread(target=watch.run, daemon=True)
        listening.start()
        rows, every = measured(house, watch, chosen)
        wrong, waits, took = problems(house, every), queue_waits(house), stages(house)
        watch.stop.set()
        listening.join()
        step = None if chosen.only else _step(chosen.slices, Path(folder))
    _say(rows, waits, wrong)
    if step:
        sys.stdout.write(step.sentence("gpu" if shutil.which("nvidia-smi") else "cpu") + "\n")
    sys.stdout.write(f"median seconds of an analysis: {took}\n")
    if chosen.json:
        p95 = {haste: round(float(np.percentile(some, 95)), 2) for haste, some in waits.items()}
        said = {"rows": rows, "queue_wait_p95_s": p95, "stages_s": took, "problems": wrong}
        said["step_wait_p95_s"] = round(step.p95_s, 3) if step else None
        chosen.json.write_text(json.dumps(said, indent=1))
    return 1 if wrong else 0


def _step(slices: int, folder: Path) -> StepWaits:
    """The wait for one step, on files of the same head, with a child of its own."""
    source = folder / "head"
    source.mkdir()
    for number, image in enumerate(datasets(_head(slices))):
        image.save_as(source / f"{number:04d}.dcm", enforce_file_format=True)
    with InferenceChild() as child:
        child.wait_ready()
        return step_waits(child, sorted(source.iterdir()), folder / "masks")


def measured(house: Running, watch: Watch, chosen: argparse.Namespace) -> tuple[list[dict[str, Any]], list[Sent]]:
    """The rows of the situations asked for, and every study that was sent; a first one warms the house."""
    sender, wanted = Sender(house, chosen.slices), chosen.only or list(GOALS_S)
    every = [sender.send("warm")]
    watch.wait_for({every[0].patient_id})
    rows: list[dict[str, Any]] = []
    for name in wanted:
        _until_quiet(watch)
        more: dict[str, Any] = {}
        if name == "idle":
            some = idle(sender, watch, chosen.studies)
        elif name == "steady":
            some = steady(sender, watch, chosen.minutes)
        else:
            some, throughput = behind(sender, watch, chosen.routine, chosen.urgent)
            more = {"routine_per_minute": round(throughput, 1)}
        every += some
        rows.append({**row(name, some, watch), **more})
        sys.stderr.write(f"{rows[-1]}\n")
    _until_quiet(watch)
    return rows, every


_COLUMNS = ("studies", "p50_s", "p95_s", "p99_s", "goal_p95_s")


def _say(rows: Sequence[dict[str, Any]], waits: dict[str, list[float]], wrong: Sequence[str]) -> None:
    sys.stdout.write(f"{'situation':10}" + "".join(f" {name:>10}" for name in _COLUMNS) + "\n")
    for one in rows:
        cells = "".join(f" {one[key] if one[key] is not None else '-':>10}" for key in _COLUMNS)
        more = f"  routine: {one['routine_per_minute']} studies a minute" if "routine_per_minute" in one else ""
        sys.stdout.write(f"{one['situation']:10}{cells}  {'met' if one['met'] else 'missed'}{more}\n")
    for haste, some in waits.items():
        sys.stdout.write(f"waited for a free lane, {haste}: p95 {np.percentile(some, 95):.2f} s\n")
    for problem in wrong:
        sys.stdout.write(f"Not as it must be: {problem}\n")


if __name__ == "__main__":
    sys.exit(main())
