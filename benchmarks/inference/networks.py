"""A network of any width with random weights that marks what is as dense as blood: work without training."""

from __future__ import annotations

import torch
from monai.networks.nets import SegResNet
from torch import Tensor

from models.inference.weights import channels_last

LEAST_SAID = 1e-3
DENSE_HU = 52.0


class RandomWeights(torch.nn.Module):
    """The bundles' architecture and all of its work; over its faint opinion a rule that finds the phantom's blood.

    Random weights alone would mark noise everywhere or nothing, and numbering lesions is part of what is measured.
    """

    def __init__(self, filters: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network = SegResNet(
            spatial_dims=2, init_filters=filters, in_channels=6, out_channels=6, blocks_down=[1, 2, 2, 4], norm="BATCH"
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits [n, 6, j, i]."""
        logits: Tensor = self.network(inputs) * LEAST_SAID
        hu = (inputs[:, 1:2] + 2) * 20
        return torch.cat((logits[:, :1], logits[:, 1:2] + (hu - DENSE_HU), logits[:, 2:] - 100), dim=1)


def random_network(filters: int, device: str) -> torch.nn.Module:
    """The network on its device, as `models.inference.weights.loaded` would give it."""
    return channels_last(RandomWeights(filters), device).eval()
