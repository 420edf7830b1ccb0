"""Several processes that train one network together, started by torch's own launcher (torchrun)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True, slots=True)
class Group:
    """This process's place among those that train together; alone by default."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes checkpoints and judges."""
        return self.rank == 0

    def shared(self, network: torch.nn.Module, device: torch.device) -> torch.nn.Module:
        """The network with gradients averaged over the group; itself when alone."""
        if self.size == 1:
            return network
        return DistributedDataParallel(network, device_ids=[device] if device.type == "cuda" else None)

    def agreed(self, seconds: float) -> float:
        """The leader's time, so that all stop at the same step."""
        if self.size == 1:
            return seconds
        told = [seconds]
        distributed.broadcast_object_list(told, src=0)
        return told[0]


@contextmanager
def joined(device_name: str) -> Iterator[tuple[Group, torch.device]]:
    """The group that torchrun's environment names, or this process alone; and the device of this process."""
    name = ("cuda" if torch.cuda.is_available() else "cpu") if device_name == "auto" else device_name
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Group(), torch.device(name)
        return
    device = torch.device(f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if name == "cuda" else name)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Group(distributed.get_rank(), size), device
    finally:
        distributed.destroy_process_group()
