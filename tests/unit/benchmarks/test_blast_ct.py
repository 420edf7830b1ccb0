from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.peers import blast_ct


def published_state(network: blast_ct.DeepMedic) -> dict[str, torch.Tensor]:
    """The weights as v1 names and shapes them: every kernel three voxels high."""
    state = {}
    for name, value in network.state_dict().items():
        first, *rest = name.split(".")
        if first == "joined":
            new = ".".join(("fully_connected", *rest))
        else:
            scale = blast_ct.SCALES[int(rest[0])]
            new = f"path{(scale,) * 3}{rest[0]}.path.{int(rest[1]) + 1}.{'.'.join(rest[2:])}"
        high = 3 if first == "paths" else 1
        state[new] = value[:, :, None].expand(-1, -1, high, -1, -1) / high if value.ndim == 4 else value
    return state


def test_published_weights_load_and_find_nothing_in_air(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = blast_ct.DeepMedic().eval()
    torch.save(published_state(network), tmp_path / "model_1.pt")
    (loaded,) = blast_ct.load(tmp_path)
    image = torch.rand(1, 1, 15, 15)
    with torch.no_grad():
        assert torch.allclose(loaded(image), network(image), atol=1e-5)
    mask, probability = blast_ct.blood_of_slice([loaded], np.full((20, 27), -1000.0), 0.5)
    assert mask.shape == (20, 27)
    assert 0 <= probability <= 1


def test_a_kernel_summed_over_height_sees_a_slice_that_stands_for_every_height() -> None:
    torch.manual_seed(1)
    flat = torch.rand(1, 1, 9, 9)
    deep = nn.Conv3d(1, 2, 3, bias=False)
    expected = deep(flat[:, :, None].expand(-1, -1, 3, -1, -1))[:, :, 0]
    assert torch.allclose(functional.conv2d(flat, deep.weight.sum(2)), expected, atol=1e-6)
