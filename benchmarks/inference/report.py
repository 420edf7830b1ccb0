"""Figures as lines of markdown for benchmarks/RESULTS.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HEADER = (
    "| slices | to findings | longest step | in fp32 | stock MONAI | times | read / network / lesions / measure |",
    "|---|---|---|---|---|---|---|",
)


def markdown(command: str, result: Mapping[str, Any]) -> str:
    """One device's figures: a table, and a line for each of the other demands."""
    lines = [
        f"`{command}`, {result['device']}, torch {result['torch']}, {result['bundle']}, weights: {result['weights']}.",
        "",
        *_HEADER,
        *(_row(row) for row in result["rows"]),
        "",
        _sustained(result),
        *([_agreement(result["agreement"])] if "agreement" in result else []),
        _network(result["network"]),
    ]
    return "\n".join(lines) + "\n"


def _row(row: Mapping[str, Any]) -> str:
    stages = " / ".join(_ms(row["stages_s"].get(name)) for name in ("read", "network", "lesions", "measure"))
    longest = f"{_ms(row['longest_step_s'])} (worst {_ms(row['longest_step_worst_s'])})"
    faster = row.get("times_faster_than_monai", "–")
    return (
        f"| {row['slices']} | {_ms(row['ours_s'])} | {longest} | {_ms(row['ours_fp32_s'])} | {_ms(row.get('monai_s'))} "
        f"| {faster} | {stages} |"
    )


def _ms(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds * 1000:.0f} ms" if seconds < 2 else f"{seconds:.1f} s"


def _sustained(result: Mapping[str, Any]) -> str:
    some = result["sustained"]
    memory = f"; GPU memory at most {result['gpu_memory_mib']} MiB" if "gpu_memory_mib" in result else ""
    return (
        f"- One after another: {some['a_minute']} studies of {some['slices']} slices a minute ({some['studies']}); "
        f"the first study after loading took {result['first_study_s']} s{memory}."
    )


def _agreement(said: Mapping[str, Any]) -> str:
    verdict = "agrees" if said["agrees"] else "DOES NOT AGREE"
    return (
        f"- {verdict} with fp32 on {said['heads']} heads with {said['findings']} findings: pooled Dice {said['dice']}, "
        f"{said['unmatched_components_from_1_ml']} components of at least 1 mL appear or vanish, "
        f"{said['other_tiers']} tiers change."
    )


def _network(net: Mapping[str, Any]) -> str:
    ways = [f"{name.removesuffix('_ms')}: {net[name]} ms" for name in ("cuda_graph_ms", "compiled_ms") if name in net]
    other = f" The same batch otherwise: {', '.join(ways)}." if ways else ""
    return (
        f"- Network, {net['precision']}, batch {' x '.join(map(str, net['batch']))}: {net['network_ms_a_batch']} ms, "
        f"{net['tflop_s']} TFLOP/s ({net['gflop_an_image']} GFLOP an image). Measured limits: matrix product "
        f"{net['matmul_tflop_s']} TFLOP/s, copy {net['copy_gb_s']} GB/s. That is {net['share_of_matmul']:.1%} of the "
        f"product and {net['share_of_roofline']:.1%} of the layer-by-layer roofline.{other}"
    )
