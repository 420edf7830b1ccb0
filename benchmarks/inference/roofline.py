"""How near the network comes to what the device can do: its work counted, the device's limits measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.inference.paths import finish

RUNS = 15


@dataclass(frozen=True, slots=True)
class Layer:
    """Floating-point operations of one layer on one batch, and bytes that it reads and writes."""

    operations: float
    moved: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Measured: matrix product, operations a second; copy, bytes a second."""

    operations_s: float
    moved_s: float


def seconds_of(work: Callable[[], object], device: str, runs: int = RUNS) -> float:
    """Median seconds after three runs to warm up."""
    for _ in range(3):
        work()
    taken = []
    for _ in range(runs):
        finish(device)
        began = time.perf_counter()
        work()
        finish(device)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def limits(device: str, kind: torch.dtype) -> Limits:
    """The device's matrix product in ``kind`` and its copy, both of sizes far beyond its caches."""
    side = 8192 if device.startswith("cuda") else 1536
    a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
    product = seconds_of(lambda: a @ b, device, runs=7)
    values = 2**28 if device.startswith("cuda") else 2**25
    source, target = (torch.zeros(values, device=device) for _ in range(2))
    copied = seconds_of(lambda: target.copy_(source), device, runs=7)
    return Limits(2 * side**3 / product, 2 * 4 * values / copied)


def layers(network: nn.Module, inputs: Tensor, bytes_each: int) -> list[Layer]:
    """Every layer that computes, as one forward pass meets it; activations and weights of ``bytes_each``."""
    found: list[Layer] = []

    def noted(module: nn.Module, given: tuple[Any, ...], result: Tensor) -> None:
        weights = sum(one.numel() for one in module.parameters(recurse=False))
        operations = float(result.numel())
        if isinstance(module, nn.Conv2d):
            rows, columns = module.kernel_size
            operations *= 2 * rows * columns * module.in_channels / module.groups
        found.append(Layer(operations, bytes_each * (given[0].numel() + result.numel() + weights)))

    leaves = [module for module in network.modules() if not list(module.children())]
    hooks = [leaf.register_forward_hook(noted) for leaf in leaves if not isinstance(leaf, nn.Identity)]
    try:
        with torch.no_grad():
            network(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def ideal_s(work: list[Layer], most: Limits) -> float:
    """Seconds if every layer ran at whichever limit binds it: the roofline."""
    return sum(max(one.operations / most.operations_s, one.moved / most.moved_s) for one in work)


def roofline(network: nn.Module, batch: tuple[int, int, int], device: str, *, reduced: bool) -> dict[str, Any]:
    """Seconds of the network on one batch (images, rows, columns) as the service runs it, beside its limits."""
    kind = torch.bfloat16 if reduced else torch.float32
    inputs = torch.randn(batch[0], 6, *batch[1:], device=device).contiguous(memory_format=torch.channels_last)
    most = limits(device, kind)
    work = layers(network, inputs, kind.itemsize)

    @torch.no_grad()
    def forward() -> Tensor:
        with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=reduced):
            result: Tensor = network(inputs)
        return result

    taken = seconds_of(forward, device)
    operations = sum(one.operations for one in work)
    return {
        "batch": list(batch),
        "precision": str(kind).removeprefix("torch."),
        "gflop_an_image": round(operations / batch[0] / 1e9, 2),
        "network_ms_a_batch": round(taken * 1e3, 2),
        "tflop_s": round(operations / taken / 1e12, 2),
        "matmul_tflop_s": round(most.operations_s / 1e12, 2),
        "copy_gb_s": round(most.moved_s / 1e9, 1),
        "share_of_matmul": round(operations / taken / most.operations_s, 3),
        "share_of_roofline": round(ideal_s(work, most) / taken, 3),
        **(_other_ways(network, inputs, reduced=reduced) if device.startswith("cuda") else {}),
    }


def _other_ways(network: nn.Module, inputs: Tensor, *, reduced: bool) -> dict[str, Any]:
    """The same batch replayed as a CUDA graph, and compiled: what they would save, or why they cannot."""
    ways = {"cuda_graph_ms": _replayed, "compiled_ms": _compiled}
    found: dict[str, Any] = {}
    for name, way in ways.items():
        try:
            with torch.no_grad(), torch.autocast("cuda", dtype=torch.bfloat16, enabled=reduced, cache_enabled=False):
                found[name] = round(seconds_of(way(network, inputs), "cuda") * 1e3, 2)
        except Exception as error:  # noqa: BLE001 - a way that fails is a result too
            found[name] = f"failed: {type(error).__name__}"
    return found


def _replayed(network: nn.Module, inputs: Tensor) -> Callable[[], object]:
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(3):
            network(inputs)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        network(inputs)
    return graph.replay


def _compiled(network: nn.Module, inputs: Tensor) -> Callable[[], object]:
    compiled = torch.compile(network)
    return lambda: compiled(inputs)
