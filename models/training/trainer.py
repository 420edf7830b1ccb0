"""The training loop: a network, its moving average, checkpoints; time is counted, not steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from monai.networks.nets.segresnet import SegResNet
from safetensors.torch import load_file
from torch import Tensor

from models.inference.weights import channels_last
from models.training.group import Group
from models.training.loss import SMALLEST, lesion_loss
from models.training.plan import Plan
from models.training.samples import Sample
from pipeline.domain.errors import ConfigurationError

State = dict[str, Tensor]

MOST_CLASSES = 7
"""Fewer than any layer has filters."""


@dataclass(slots=True)
class Progress:
    """Where a run stands."""

    step: int = 0
    seconds: float = 0.0
    loss: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


def build_network(plan: Plan) -> SegResNet:
    """The network, its last bias set so that it first answers "nothing"."""
    torch.manual_seed(plan.seed)
    network = SegResNet(**plan.network_arguments())
    with torch.no_grad():
        network.conv_final[-1].conv.bias.copy_(torch.tensor([2.0] + [-2.0] * (plan.classes - 1)))
    return network


class Trainer:
    """One run, in memory."""

    def __init__(self, plan: Plan, device: torch.device, group: Group | None = None) -> None:
        self.plan, self.device, self.group = plan, device, group or Group()
        self.network = channels_last(build_network(plan), device)
        self._shared = self.group.shared(self.network, device)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(),
            lr=plan.learning_rate,
            weight_decay=plan.weight_decay,
            fused=device.type == "cuda",
        )
        self._recent = torch.zeros((), device=device)
        self.average: State = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.progress = Progress()

    def start_from(self, state: State) -> None:
        """Begin with another network's weights; where only its classes differ, the rest of it is kept."""
        ours = self.network.state_dict()
        if state.keys() != ours.keys():
            raise ConfigurationError("These weights are of another network.")
        for name, value in state.items():
            ours[name] = _fitted(value, ours[name])
        self.network.load_state_dict(ours)
        self.average = {name: value.clone() for name, value in self.network.state_dict().items()}

    def train_step(self, batch: Sample) -> Tensor:
        """One optimiser step; returns the loss, on the device: to read it is to wait for the GPU."""
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.plan.learning_rate * self._schedule()
        inputs = batch[0].to(self.device).float().contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            logits = self._shared(inputs)
        loss = lesion_loss(logits.float(), batch[1].to(self.device).long(), self.plan.lesion_weight)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self._update_average()
        self.progress.step += 1
        self._recent.lerp_(loss.detach(), 1.0 if self.progress.step == 1 else 0.02)
        return loss.detach()

    def settle(self) -> None:
        """Bring the recent loss into `progress`; waits for the device."""
        self.progress.loss = float(self._recent)

    def _schedule(self) -> float:
        done = min(1.0, self.progress.seconds / (self.plan.minutes * 60))
        warm = min(1.0, (self.progress.step + 1) / 50)
        return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))

    @torch.no_grad()
    def _update_average(self) -> None:
        # A young average forgets its random start quickly; an old one is long.
        keep = min(self.plan.ema, (self.progress.step + 1) / (self.progress.step + 20))
        now = self.network.state_dict()
        real = [name for name, value in now.items() if value.is_floating_point()]
        counts = [name for name in now if name not in real]
        torch._foreach_lerp_([self.average[name] for name in real], [now[name] for name in real], 1 - keep)
        torch._foreach_copy_([self.average[name] for name in counts], [now[name] for name in counts])

    def averaged(self) -> SegResNet:
        """A copy of the network with the averaged weights, ready to judge."""
        network = SegResNet(**self.plan.network_arguments())
        network.load_state_dict(self.average)
        return channels_last(network, self.device).eval()

    def save(self, file: Path) -> None:
        """Write a checkpoint whole or not at all."""
        self.settle()
        state = {
            "plan": asdict(self.plan),
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "progress": asdict(self.progress),
        }
        part = file.with_suffix(".part")
        torch.save(state, part)
        part.replace(file)

    def restore(self, file: Path) -> None:
        """Go on from a checkpoint."""
        state: Mapping[str, Any] = torch.load(file, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average = {name: value.to(self.device) for name, value in state["average"].items()}
        self.progress = Progress(**state["progress"])
        self._recent.fill_(self.progress.loss)


def _fitted(value: Tensor, like: Tensor) -> Tensor:
    """The value itself, or made to fit another number of classes: a single lesion class is spread over all."""
    if value.shape == like.shape:
        return value
    if value.shape[1:] != like.shape[1:] or like.shape[0] > MOST_CLASSES:
        raise ConfigurationError("These weights are of another network; train with the same --filters.")
    if value.shape[0] != 2:
        return like
    # The classes share what one lesion had: their probabilities then add up to it.
    lesion = value[1:].repeat(len(like) - 1, *[1] * (value.ndim - 1))
    return torch.cat((value[:1], lesion - math.log(len(like) - 1) if value.ndim == 1 else lesion))


@torch.no_grad()
def validate(network: torch.nn.Module, batches: list[Sample], device: torch.device) -> dict[str, float]:
    """Mean Dice of slices with a lesion at one half, and mean false positive pixels of slices without."""
    dices: list[float] = []
    false: list[float] = []
    for inputs, labels in batches:
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = network(inputs.to(device).contiguous(memory_format=torch.channels_last))
        said = (logits.float().softmax(1)[:, 0] < 0.5).cpu()
        for mask, truth in zip(said, labels.bool(), strict=True):
            size = int(truth.sum())
            if size > SMALLEST:
                dices.append(2 * int((mask & truth).sum()) / (int(mask.sum()) + size))
            elif size == 0:
                false.append(float(mask.sum()))
    return {"dice": sum(dices) / max(1, len(dices)), "false_pixels": sum(false) / max(1, len(false))}


def read_weights(file: Path) -> State:
    """Weights of a bundle (safetensors) or the averaged ones of a checkpoint."""
    if file.suffix == ".safetensors":
        return {name: v.float() if v.is_floating_point() else v for name, v in load_file(file).items()}
    averaged: State = torch.load(file, map_location="cpu", weights_only=True)["average"]
    return averaged


def timed_steps(
    trainer: Trainer, batches: Iterator[Sample], clock: Callable[[], float] = time.monotonic
) -> Iterator[Tensor]:
    """Train until the plan's minutes are spent, yielding each loss."""
    while trainer.progress.seconds < trainer.plan.minutes * 60:
        started = clock()
        loss = trainer.train_step(next(batches))
        trainer.progress.seconds = trainer.group.agreed(trainer.progress.seconds + clock() - started)
        yield loss
