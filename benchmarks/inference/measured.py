"""What is measured of one bundle on one device."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.inference.agreement import agreement, dice
from benchmarks.inference.heads import varied_heads
from benchmarks.inference.paths import Answer, StockMonai, exact, finish, ours
from benchmarks.inference.roofline import roofline
from models import registry
from models.inference.slice_network import AT_ONCE, AT_ONCE_ELSEWHERE, bfloat16_pays
from models.predict import BundlePredictor, load
from pipeline.domain.volume import Volume

USUAL_BOX = (192, 160)
"""Rows and columns of a head, with a margin, in network pixels."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure: the device, slices of each head, runs, seconds of sustained work, heads to compare."""

    device: str
    slices: tuple[int, ...]
    runs: int
    sustained_s: float
    heads: int
    check: bool
    filters: int | None
    stock: bool


def settings_of(asked: Asked) -> dict[str, Any]:
    """What replaces values of the bundle's configuration: random weights of another width, if asked."""
    if asked.filters is None:
        return {}
    target = "benchmarks.inference.networks.random_network"
    return {"network": {"_target_": target, "filters": asked.filters, "device": asked.device}}


def measured(bundle: registry.BundleInfo, asked: Asked) -> dict[str, Any]:
    """Everything of one bundle on one device, as the JSON holds it."""
    settings = settings_of(asked)
    fast = load(bundle, asked.device, settings)
    reference = load(bundle, asked.device, {**settings, "segmenter::reduced": False})
    result: dict[str, Any] = {
        **_about(bundle, asked),
        "first_study_s": round(ours(fast, varied_heads(asked.slices[0], 1)[0], asked.device).seconds, 3),
    }
    stock = StockMonai(bundle, asked.device, settings) if asked.stock else None
    result["rows"] = [_row(count, fast, reference, stock, asked) for count in asked.slices]
    result["sustained"] = _sustained(fast, varied_heads(asked.slices[-1], 4), asked)
    if asked.check:
        heads = [head for count in asked.slices for head in varied_heads(count, asked.heads)]
        result["agreement"] = agreement(fast, reference, heads, asked.device)
    result["network"] = _network(fast, asked.device)
    if asked.device.startswith("cuda"):
        result["gpu_memory_mib"] = round(torch.cuda.max_memory_allocated() / 2**20)
    return result


def _about(bundle: registry.BundleInfo, asked: Asked) -> dict[str, Any]:
    on_gpu = asked.device.startswith("cuda")
    return {
        "device": torch.cuda.get_device_name() if on_gpu else f"cpu, {torch.get_num_threads()} threads",
        "bundle": f"{bundle.id} {bundle.version}",
        "weights": "the bundle's" if asked.filters is None else f"random, {asked.filters} filters",
        "torch": torch.__version__,
        "reduced": bfloat16_pays(torch.device(asked.device)),
    }


def _row(
    count: int, fast: BundlePredictor, reference: BundlePredictor, stock: StockMonai | None, asked: Asked
) -> dict[str, Any]:
    """One head of ``count`` slices with 30 mL of blood, the paths in turns."""
    head = varied_heads(count, 1)[0]
    answers: list[Answer] = []
    stock_masks: list[Any] = []

    def mine() -> float:
        answers.append(ours(fast, head, asked.device))
        return answers[-1].seconds

    def exactly() -> float:
        with exact():
            return ours(reference, head, asked.device).seconds

    def peer() -> float:
        assert stock is not None
        mask, seconds = stock.run(head)
        stock_masks[:] = [mask]
        return seconds

    paths = {"ours": mine, "ours_fp32": exactly, **({"monai": peer} if stock else {})}
    row = {"slices": count, **_in_turns(paths, asked.runs)}
    warm = answers[1:]
    row["steps"] = len(warm[0].steps)
    row["longest_step_s"] = round(statistics.median(one.longest_step for one in warm), 4)
    row["longest_step_worst_s"] = round(max(one.longest_step for one in warm), 4)
    row["stages_s"] = _stages(warm)
    row["findings_ml"] = [round(finding.volume_ml, 2) for finding in warm[-1].findings]
    if stock:
        row["times_faster_than_monai"] = round(row["monai_s"] / row["ours_s"], 1)
        row["dice_with_monai"] = round(dice([warm[-1].labels], stock_masks), 4)
    return row


def _in_turns(paths: Mapping[str, Callable[[], float]], runs: int) -> dict[str, Any]:
    """Median seconds of each path, after one run of each to warm up."""
    for run in paths.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(runs):
        for name, run in paths.items():
            seconds[name].append(run())
    return {f"{name}_s": round(statistics.median(some), 4) for name, some in seconds.items()}


def _stages(answers: Sequence[Answer]) -> dict[str, float]:
    """Median seconds of each stage, its steps added up."""
    names = dict.fromkeys(name for name, _ in answers[0].steps)
    return {
        name: round(statistics.median(sum(s for step, s in one.steps if step == name) for one in answers), 4)
        for name in names
    }


def _sustained(predictor: BundlePredictor, heads: Sequence[Volume], asked: Asked) -> dict[str, Any]:
    """Studies a minute, one after another, heads of different sizes in turn; all sizes were seen once before."""
    for head in heads:
        ours(predictor, head, asked.device)
    finish(asked.device)
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < asked.sustained_s:
        ours(predictor, heads[done % len(heads)], asked.device)
        done += 1
    per_minute = done / (time.perf_counter() - began) * 60
    return {"slices": len(heads[0].voxels), "studies": done, "a_minute": round(per_minute, 1)}


def _network(predictor: BundlePredictor, device: str) -> dict[str, Any]:
    """The network by itself on one step's batch, beside the device's limits."""
    kind = torch.device(device)
    network = predictor.segmenter._network  # type: ignore[attr-defined]  # noqa: SLF001 - measured from outside
    images = 2 * AT_ONCE.get(kind.type, AT_ONCE_ELSEWHERE)
    return roofline(network, (images, *USUAL_BOX), device, reduced=bfloat16_pays(kind))
