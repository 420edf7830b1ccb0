from __future__ import annotations

import dataclasses
import io
import json
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch

from models.inference.diffusion import brain_median
from models.inference.windows import CHANNELS
from models.predict import load, predict
from models.registry import read
from models.synthesis import prior as priors
from models.synthesis.draw import Odds, draw
from models.synthesis.mr.acquisition import acquire, draw_scan
from models.synthesis.mr.draw import Odds as Odds_mr
from models.synthesis.mr.draw import draw as draw_mr
from models.synthesis.mr.draw_infarct import VolumeBand
from models.synthesis.mr.paint import MR_GRID, PaintedMR
from models.synthesis.mr.paint import paint as paint_mr
from models.synthesis.mr.recipe import HeadMRRecipe
from models.synthesis.paint import paint
from models.synthesis.prior import Anatomy
from models.training import heads_ct, heads_mr
from models.training.__main__ import main
from models.training.export import export
from models.training.loss import kind_loss, lesion_loss, present_dice_loss
from models.training.plan import Plan
from models.training.pool import PooledHead
from models.training.run import PainterOf, Setting, split, train
from models.training.samples import Sample, batch_of, fixed_batches
from models.training.trainer import Trainer, timed_steps, validate
from pipeline.domain.errors import ConfigurationError
from pipeline.domain.geometry import PatientFromVoxel
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit

CPU = torch.device("cpu")
TINY = Plan(minutes=1, filters=4, batch=2, ema=0.5, learning_rate=0.05)


def easy_batch() -> Sample:
    """A bright square in the middle slice is blood."""
    inputs = torch.zeros(2, CHANNELS, 16, 16)
    inputs[:, 1, 3:10, 3:10] = 1.5
    return inputs, (inputs[:, 1] > 1).long()


@pytest.fixture
def trained() -> Trainer:
    trainer = Trainer(TINY, CPU)
    trainer.progress.seconds = 20
    for _ in range(3):
        trainer.train_step(easy_batch())
    return trainer


def test_a_few_steps_lower_the_loss() -> None:
    trainer = Trainer(TINY, CPU)
    losses = [trainer.train_step(easy_batch()) for _ in range(12)]
    assert min(losses[-5:]) < 0.7 * losses[0]


def test_dice_counts_only_slices_that_hold_blood() -> None:
    nothing = torch.zeros(2, 8, 8, dtype=torch.long)
    assert float(present_dice_loss(torch.full((2, 8, 8), 0.3), nothing)) == 0
    everything = torch.ones(2, 8, 8, dtype=torch.long)
    assert float(present_dice_loss(torch.ones(2, 8, 8), everything)) == pytest.approx(0, abs=1e-3)
    sure = torch.stack((torch.zeros(2, 8, 8), torch.full((2, 8, 8), 20.0), torch.zeros(2, 8, 8)), dim=1)
    assert float(lesion_loss(sure, everything, 4.0)) == pytest.approx(0, abs=1e-3)


def test_calling_a_lesion_by_another_kind_costs_though_the_lesion_is_found() -> None:
    labels = torch.zeros(1, 8, 8, dtype=torch.long)
    labels[0, :4] = 2
    right = torch.nn.functional.one_hot(labels, 3).permute(0, 3, 1, 2) * 20.0
    wrong = right.clone()
    wrong[:, [1, 2]] = right[:, [2, 1]]
    assert float(kind_loss(right, labels)) == pytest.approx(0, abs=1e-3)
    assert float(kind_loss(wrong, labels)) > 10
    assert float(kind_loss(right, torch.zeros_like(labels))) == 0


def test_weights_of_two_classes_start_a_network_of_six_that_sees_the_same_lesion() -> None:
    two = Trainer(dataclasses.replace(TINY, classes=2), CPU)
    six = Trainer(TINY, CPU)
    six.start_from(two.average)
    inputs = torch.randn(1, CHANNELS, 16, 16)
    before, after = (1 - t.averaged()(inputs).softmax(1)[:, 0] for t in (two, six))
    assert torch.allclose(before, after, atol=1e-4)


def test_weights_of_a_wider_network_are_refused() -> None:
    wide = Trainer(dataclasses.replace(TINY, filters=8), CPU)
    with pytest.raises(ConfigurationError, match="filters"):
        Trainer(TINY, CPU).start_from(wide.average)


def test_a_checkpoint_goes_on_where_it_stopped(trained: Trainer, tmp_path: Path) -> None:
    trained.save(tmp_path / "checkpoint.pt")
    again = Trainer(TINY, CPU)
    again.restore(tmp_path / "checkpoint.pt")
    assert again.progress == trained.progress
    losses = [float(one.train_step(easy_batch())) for one in (again, trained)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_training_stops_when_its_minutes_are_spent() -> None:
    ticks = iter(range(0, 10_000, 15))
    batches = iter(easy_batch, None)
    trainer = Trainer(TINY, CPU)
    assert len(list(timed_steps(trainer, batches, clock=lambda: float(next(ticks))))) == 4


def test_samples_of_a_painted_head_have_the_networks_shape(ball_head: Anatomy) -> None:
    recipe = draw(np.random.default_rng(1), 1, Odds(haemorrhage=1.0, kinds={"haematoma": 1.0}))
    head = heads_ct.pooled(paint(recipe, [ball_head]), heads_ct.blood_only)
    inputs, labels = batch_of(heads_ct.blood_sample, [head], 3, np.random.default_rng(0))
    assert inputs.shape == (3, CHANNELS, *labels.shape[1:])
    assert set(labels.unique().tolist()) <= set(range(6))
    figures = validate(Trainer(TINY, CPU).averaged(), fixed_batches(heads_ct.blood_sample, [head], 2, seed=1), CPU)
    assert 0 <= figures["dice"] <= 1


@pytest.fixture(scope="module")
def infarcted() -> HeadMRRecipe:
    large = Odds_mr(infarct=1.0, kinds={"territory": 1.0}, volumes=(VolumeBand(1.0, 60.0, 90.0),))
    return draw_mr(np.random.default_rng(3), 1, odds=large)


@pytest.fixture(scope="module")
def diffusion_head(ball_head: Anatomy, infarcted: HeadMRRecipe) -> PaintedMR:
    return paint_mr(infarcted, [ball_head])


@pytest.fixture(scope="module")
def pooled_head(ball_head: Anatomy, infarcted: HeadMRRecipe, diffusion_head: PaintedMR) -> PooledHead:
    return heads_mr.pooled(diffusion_head, paint_mr(infarcted, [ball_head.thinned()], grid=heads_mr.SPARSE_GRID))


@pytest.fixture(scope="module")
def pooled_slab(ball_head: Anatomy, infarcted: HeadMRRecipe) -> PooledHead:
    grids = (MR_GRID.slab(30, 26), heads_mr.SPARSE_GRID)
    return heads_mr.pooled(*(paint_mr(infarcted, [ball_head], grid=grid) for grid in grids))


class Given:
    """Heads that are there already; after so many the user presses Ctrl-C."""

    def __init__(self, head: PooledHead, stop_after: int = 1000) -> None:
        self.head, self.left = head, stop_after

    def take(self, wait_s: float) -> PooledHead:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return self.head


def giving(head: PooledHead, stop_after: int = 1000) -> PainterOf:
    source = Given(head, stop_after)
    return lambda heads_from, sources, first_seed: nullcontext(source)


DWI = dataclasses.replace(TINY, task="infarct-dwi", classes=2, minutes=0.01, first_pool=1, steps_per_head=1)


def test_samples_of_diffusion_have_the_networks_shape(pooled_head: PooledHead, pooled_slab: PooledHead) -> None:
    inputs, labels = batch_of(heads_mr.sample, [pooled_head, pooled_slab], 6, np.random.default_rng(0))
    assert inputs.shape == (6, CHANNELS, *heads_mr.SEEN_PIXELS)
    assert torch.isfinite(inputs).all()
    assert labels.unique().tolist() == [0, 1]


def test_a_few_voxels_of_the_whole_head_give_its_median(pooled_head: PooledHead) -> None:
    whole = brain_median(*(pooled_head.fields[name][::2, ::2, ::2].float() for name in ("tissue", "adc")))
    sparse = brain_median(*pooled_head.fields["sparse"][:2].float())
    assert sparse == pytest.approx(whole, rel=0.03)


def test_beyond_the_head_a_slice_stands_in_for_its_neighbour() -> None:
    assert heads_mr.there((-3.0, 2.0, 7.0), MR_GRID) == (2.0, 2.0, 7.0)
    assert heads_mr.there((133.0, 138.0, 143.0), MR_GRID) == (133.0, 138.0, 138.0)
    assert heads_mr.room(MR_GRID, 12.0, 2.0) == (2.0, 140.0)
    assert heads_mr.room(MR_GRID.slab(30, 26), 12.0, 2.0) == (12.0, 38.0)
    assert heads_mr.room(MR_GRID.slab(46, 26), 12.0, 2.0) == (12.0, 48.0)


def test_a_diffusion_run_lowers_its_loss_and_its_bundle_runs(
    diffusion_head: PaintedMR, pooled_head: PooledHead, tmp_path: Path
) -> None:
    trainer = Trainer(DWI, CPU)
    batch = batch_of(heads_mr.sample, [pooled_head], 4, np.random.default_rng(0))
    losses = [trainer.train_step(batch) for _ in range(10)]
    assert min(losses[-4:]) < 0.8 * losses[0]
    bundle = load(export(trainer, tmp_path / "bundle", ["ball"]), "cpu")
    scan = draw_scan(np.random.default_rng(0), tuple(np.arange(0.0, 140.0, 12.0)), 12.0, calm=True)
    seen = acquire(diffusion_head, scan)
    affine = PatientFromVoxel(np.diag([1.5, 1.5, 12.0, 1.0]))
    dwi, adc = (Volume(one.numpy(), affine, VoxelUnit.ARBITRARY) for one in (seen.dwi * 100, seen.adc))
    said = predict(bundle, dwi, {SeriesRole.ADC: adc})
    assert said.labels.shape == dwi.voxels.shape
    assert said.bundle_id == "infarct-dwi"


def test_a_run_resumes_and_leaves_its_curves(ball_head: Anatomy, pooled_head: PooledHead, tmp_path: Path) -> None:
    priors.save([ball_head], tmp_path / "prior")
    sources = split(tmp_path / "prior", None, DWI)
    assert sources[0].anatomies == ("ball",)
    log = io.StringIO()
    here = Setting(CPU, resume=True, painter=giving(pooled_head))
    first = train(DWI, sources, tmp_path / "run", here, log)
    longer = dataclasses.replace(DWI, minutes=first.progress.seconds / 60 + 0.01)
    second = train(longer, sources, tmp_path / "run", here, log)
    assert second.progress.step > first.progress.step
    assert (tmp_path / "run/curves.svg").read_text().startswith("<svg")
    assert log.getvalue().count("checkpoint: Dice") == 2


def test_a_run_that_is_stopped_goes_on_from_where_it_was(
    ball_head: Anatomy, pooled_head: PooledHead, tmp_path: Path
) -> None:
    priors.save([ball_head], tmp_path / "prior")
    sources = split(tmp_path / "prior", None, DWI)
    long = dataclasses.replace(DWI, minutes=10)
    with pytest.raises(KeyboardInterrupt):
        train(long, sources, tmp_path, Setting(CPU, painter=giving(pooled_head, stop_after=3)), io.StringIO())
    again = Trainer(long, CPU)
    again.restore(tmp_path / "checkpoint.pt")
    assert again.progress.step == 2


def test_an_exported_bundle_is_read_back_with_its_record(trained: Trainer, tmp_path: Path) -> None:
    bundle = export(trained, tmp_path / "bundle", ["ball"])
    assert bundle == read(tmp_path / "bundle")
    assert bundle.sha256 is not None
    record = json.loads((tmp_path / "bundle/docs/training_record.json").read_text())
    assert record["anatomies"] == ["ball"]
    assert record["steps"] == 3


def test_the_command_refuses_a_folder_without_label_maps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    code = main(["ich-ct", "--minutes", "1", "--out", str(tmp_path / "run"), "--label-maps", str(tmp_path)])
    assert code == 2
    assert "training_seg" in capsys.readouterr().err
