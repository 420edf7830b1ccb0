"""What can be trained: for each bundle its classes, where its heads come from, and how they are sampled."""

from __future__ import annotations

from dataclasses import dataclass

from models.training import heads_ct, heads_mr
from models.training.pool import HeadsFrom
from models.training.samples import Sampler


@dataclass(frozen=True, slots=True)
class Task:
    """One bundle's training: ``classes`` of its output, class 0 first, and a new head every so many steps."""

    name: str
    classes: tuple[str, ...]
    heads: HeadsFrom
    sample: Sampler
    steps_per_head: int


TASKS = {
    task.name: task
    for task in (
        Task(
            "ich-ct",
            ("background", "IPH", "IVH", "SAH", "SDH", "EDH"),
            heads_ct.blood_heads,
            heads_ct.blood_sample,
            steps_per_head=1,
        ),
        Task("infarct-dwi", ("background", "infarct"), heads_mr.heads, heads_mr.sample, steps_per_head=2),
        Task(
            "ischaemia-ct",
            ("background", "early ischaemia"),
            heads_ct.ischaemic_heads,
            heads_ct.ischaemia_sample,
            steps_per_head=1,
        ),
    )
}
