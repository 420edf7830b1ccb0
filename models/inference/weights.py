"""Load weights kept as safetensors, half precision or full, into a network."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def loaded(network: torch.nn.Module, file: str | Path, device: torch.device | str) -> torch.nn.Module:
    """The network with the file's weights in float32, on the device, ready to infer."""
    state = {name: value.float() if value.is_floating_point() else value for name, value in load_file(file).items()}
    network.load_state_dict(state)
    return network.to(device, memory_format=torch.channels_last).eval()


def save_half(state: dict[str, torch.Tensor], file: Path) -> None:
    """Write weights as float16 safetensors; batch statistics, which could overflow it, stay float32."""
    kept = {
        name: value.contiguous() if "running" in name or not value.is_floating_point() else value.half().contiguous()
        for name, value in state.items()
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(kept, file)
