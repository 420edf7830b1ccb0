"""Dice over the slices that hold blood and over the batch as one, weighted cross-entropy everywhere."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SMALLEST = 8
"""Pixels: below this a slice's Dice is noise."""


def blood_loss(logits: Tensor, labels: Tensor, blood_weight: float) -> Tensor:
    """Loss of [n, 2, j, i] logits against [n, j, i] labels.

    Dice only where the class is present was worth more than any other choice we tried: absent, its
    gradient pushes every probability down.
    """
    weights = torch.tensor([1.0, blood_weight], device=logits.device)
    entropy = functional.cross_entropy(logits, labels, weight=weights)
    probability = logits.softmax(1)[:, 1]
    return entropy + present_dice_loss(probability, labels) + 0.5 * whole_dice_loss(probability, labels)


def whole_dice_loss(probability: Tensor, labels: Tensor) -> Tensor:
    """One minus soft Dice of the batch taken as one image: blood seen in a slice without any counts here."""
    truth = labels.to(probability.dtype)
    return 1 - (2 * (probability * truth).sum() + 2) / (probability.sum() + truth.sum() + 2)


def present_dice_loss(probability: Tensor, labels: Tensor) -> Tensor:
    """One minus soft Dice, averaged over the batch; slices without blood count nothing."""
    truth = labels.to(probability.dtype)
    size = truth.sum((1, 2))
    overlap = (probability * truth).sum((1, 2))
    dice = (2 * overlap + 2) / (probability.sum((1, 2)) + size + 2)
    return ((1 - dice) * (size > SMALLEST)).mean()
