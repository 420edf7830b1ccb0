"""Load weights kept as safetensors, half precision or full, into a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from safetensors.torch import load_file, save_file

N = TypeVar("N", bound=torch.nn.Module)


def loaded(network: torch.nn.Module, file: str | Path, device: torch.device | str) -> torch.nn.Module:
    """The network with the file's weights in float32, on the device, ready to infer."""
    state = {name: value.float() if value.is_floating_point() else value for name, value in load_file(file).items()}
    network.load_state_dict(state)
    return channels_last(network, device).eval()


def channels_last(network: N, device: torch.device | str) -> N:
    """The network on a device, its 2D weights laid out as convolutions run fastest."""
    # torch's own annotations leave this overload out.
    return cast("N", cast("Any", network).to(device, memory_format=torch.channels_last))


def save_half(state: dict[str, torch.Tensor], file: Path) -> None:
    """Write weights as float16 safetensors; batch statistics, which could overflow it, stay float32."""
    kept = {
        name: value.contiguous() if "running" in name or not value.is_floating_point() else value.half().contiguous()
        for name, value in state.items()
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(kept, file)
