"""`python -m models.training ich-ct --minutes 60 --out DIR`: train a bundle from synthesis alone.

With several GPUs: `torchrun --nproc-per-node 4 -m models.training ich-ct ...`.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

import torch

from models.synthesis.prior_cache import ensure
from models.training.export import export
from models.training.group import joined
from models.training.plan import Plan
from models.training.run import Setting, split, train
from models.training.tasks import TASKS
from pipeline.domain.errors import NeuroVigieError


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(prog="python -m models.training", description=__doc__)
    cli.add_argument("bundle", choices=sorted(TASKS), help="which bundle to train")
    cli.add_argument("--minutes", type=float, required=True, help="time to train; a resumed run counts earlier time")
    cli.add_argument("--out", type=Path, required=True, help="folder for the checkpoint and the bundle")
    cli.add_argument("--prior", type=Path, help="folder of built anatomies; built there when it holds none")
    cli.add_argument("--label-maps", type=Path, help="folder of whole-head label maps (training_seg_*.nii.gz)")
    cli.add_argument("--lesion-masks", type=Path, help="folder of infarct masks in MNI space (*_lesion.nii.gz)")
    cli.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 (default: auto)")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--filters", type=int, default=16, help="width of the network (default: 16)")
    cli.add_argument("--batch", type=int, default=8)
    cli.add_argument("--learning-rate", type=float, default=2e-3)
    cli.add_argument("--steps-per-head", type=int, help="steps between freshly painted heads")
    cli.add_argument("--pool", type=int, default=640, help="heads kept to sample from (default: 640)")
    cli.add_argument("--average", type=float, default=0.997, help="how much of the weights' average a step keeps")
    cli.add_argument("--samplers", type=int, default=0, help="processes that cut batches, for a GPU (default: none)")
    cli.add_argument("--painters", type=int, default=1, help="processes that paint heads, with --samplers")
    cli.add_argument("--threads", type=int, default=1, help="CPU threads of the network (default: 1)")
    cli.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    cli.add_argument("--from", dest="weights", type=Path, help="weights to begin with: .safetensors or a checkpoint")
    return cli


def plan_of(chosen: argparse.Namespace) -> Plan:
    """The plan that the command line asks for."""
    task = TASKS[chosen.bundle]
    return Plan(
        minutes=chosen.minutes,
        seed=chosen.seed,
        task=task.name,
        classes=len(task.classes),
        filters=chosen.filters,
        batch=chosen.batch,
        learning_rate=chosen.learning_rate,
        steps_per_head=chosen.steps_per_head or task.steps_per_head,
        pool=chosen.pool,
        ema=chosen.average,
    )


def main(arguments: list[str] | None = None) -> int:
    """Train; 0 when done, 130 when stopped (Ctrl-C or SIGTERM), which leaves a checkpoint."""
    chosen = parser().parse_args(arguments)
    torch.set_num_threads(chosen.threads)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    plan, prior = plan_of(chosen), chosen.prior or chosen.out / "prior"
    try:
        with joined(chosen.device) as (group, device):
            ensure(prior, chosen.label_maps)
            sources = split(prior, chosen.lesion_masks, plan)
            setting = Setting(
                device, chosen.resume, chosen.weights, group, samplers=chosen.samplers, painters=chosen.painters
            )
            trainer = train(plan, sources, chosen.out, setting)
            if group.leads:
                bundle = export(trainer, chosen.out / "bundle", list(sources[0].anatomies))
                sys.stdout.write(f"{bundle.folder}\n")
    except NeuroVigieError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped; --resume goes on from here\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
