"""`python -m models.training ich-ct --minutes 60 --out DIR`: train a bundle from synthesis alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from models.synthesis.prior_cache import ensure
from models.training.export import export
from models.training.plan import Plan
from models.training.run import train
from pipeline.domain.errors import NeuroVigieError


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(prog="python -m models.training", description=__doc__)
    cli.add_argument("bundle", choices=["ich-ct"], help="which bundle to train")
    cli.add_argument("--minutes", type=float, required=True, help="time to train; a resumed run counts earlier time")
    cli.add_argument("--out", type=Path, required=True, help="folder for the checkpoint and the bundle")
    cli.add_argument("--prior", type=Path, help="folder of built anatomies; built there when it holds none")
    cli.add_argument("--label-maps", type=Path, help="folder of whole-head label maps (training_seg_*.nii.gz)")
    cli.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 (default: auto)")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--filters", type=int, default=16, help="width of the network (default: 16)")
    cli.add_argument("--batch", type=int, default=8)
    cli.add_argument("--threads", type=int, default=1, help="CPU threads of the network (default: 1)")
    cli.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    return cli


def main(arguments: list[str] | None = None) -> int:
    """Train; 0 when done."""
    chosen = parser().parse_args(arguments)
    torch.set_num_threads(chosen.threads)
    name = ("cuda" if torch.cuda.is_available() else "cpu") if chosen.device == "auto" else chosen.device
    plan = Plan(minutes=chosen.minutes, seed=chosen.seed, filters=chosen.filters, batch=chosen.batch)
    prior = chosen.prior or chosen.out / "prior"
    try:
        names = ensure(prior, chosen.label_maps)
        trainer = train(plan, prior, chosen.out, torch.device(name), resume=chosen.resume)
        bundle = export(trainer, chosen.out / "bundle", list(names[: len(names) - plan.kept(len(names))]))
    except NeuroVigieError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{bundle.folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
