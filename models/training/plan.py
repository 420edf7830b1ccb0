"""What a training run is, as values written into its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings of one run.

    ``minutes`` is time spent on steps, resumed runs counted together: of the processor where the
    network runs on the CPU (a busy machine then takes longer, not fewer steps), else of the clock.
    One freshly painted head joins the pool every ``steps_per_head`` steps.
    """

    minutes: float
    seed: int = 0
    task: str = "ich-ct"
    classes: int = 6
    filters: int = 16
    batch: int = 8
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    lesion_weight: float = 2.0
    ema: float = 0.997
    pool: int = 640
    first_pool: int = 16
    steps_per_head: int = 8
    checkpoint_minutes: float = 5.0
    held_out: int = 4

    def kept(self, anatomies: int) -> int:
        """How many of so many anatomies are kept to judge by; at least one is learned from."""
        return max(0, min(self.held_out, anatomies - 1))

    def network_arguments(self) -> dict[str, Any]:
        """Arguments of `monai.networks.nets.SegResNet`."""
        return {
            "spatial_dims": 2,
            "init_filters": self.filters,
            "in_channels": 6,
            "out_channels": self.classes,
            "blocks_down": [1, 2, 2, 4],
            "norm": "BATCH",
        }
