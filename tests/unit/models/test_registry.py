from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from models.registry import BUNDLES, find, for_role, installed, read
from pipeline.domain.errors import BundleError
from pipeline.domain.finding import FindingKind, HaemorrhageSite
from pipeline.domain.role import SeriesRole


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    """A copy of the baseline, to break."""
    folder = tmp_path / "ich-ct-threshold"
    (folder / "configs").mkdir(parents=True)
    for name in ("metadata.json", "inference.json"):
        (folder / "configs" / name).write_bytes((BUNDLES / "ich-ct-threshold/configs" / name).read_bytes())
    return folder


def edit(folder: Path, **ours: object) -> None:
    file = folder / "configs/metadata.json"
    content = json.loads(file.read_text())
    content["neurovigie"].update(ours)
    file.write_text(json.dumps(content))


def test_our_bundles_are_installed_models_before_baselines() -> None:
    known = installed()
    assert [bundle.id for bundle in known if bundle.baseline] == ["ich-ct-threshold", "infarct-dwi-threshold"]
    assert [bundle.baseline for bundle in known] == sorted(bundle.baseline for bundle in known)
    assert all(bundle.limits and bundle.version and bundle.kinds for bundle in known)


def test_a_bundle_says_which_companions_it_reads_and_which_it_cannot_do_without() -> None:
    rule = find("infarct-dwi-threshold")
    assert rule.kinds == (FindingKind.INFARCT,)
    assert rule.lacks([SeriesRole.FLAIR]) == (SeriesRole.ADC, SeriesRole.B0)
    assert rule.lacks([SeriesRole.B0]) == ()
    assert find("ich-ct").lacks([]) == ()


def test_a_bundle_names_the_sites_it_tells_apart_or_none(rule: Path) -> None:
    assert find("ich-ct").sites == tuple(HaemorrhageSite)
    assert find("ich-ct-threshold").sites == ()
    edit(rule, sites=[site.value for site in HaemorrhageSite])
    assert find("ich-ct-threshold", rule.parent).sites == tuple(HaemorrhageSite)


def test_a_bundle_without_weights_is_no_installed_one_but_says_how_to_get_them(rule: Path) -> None:
    edit(rule, sha256="untrained")
    assert installed(rule.parent) == ()
    with pytest.raises(BundleError, match="neurovigie models train ich-ct-threshold"):
        find("ich-ct-threshold", rule.parent)


def test_a_role_is_read_by_its_model_and_a_role_without_one_by_nothing() -> None:
    chosen = for_role(SeriesRole.NCCT)
    assert chosen is not None
    assert chosen.id == "ich-ct"
    assert for_role(SeriesRole.CTA) is None


def test_every_weights_file_is_under_sixteen_megabytes() -> None:
    assert all(file.stat().st_size < 16_000_000 for file in BUNDLES.rglob("*.safetensors"))


def test_an_unknown_bundle_lists_the_known_ones() -> None:
    with pytest.raises(BundleError, match=r"installed: ich-ct, .*threshold"):
        find("ich-mr")


@pytest.mark.parametrize(
    ("ours", "sentence"),
    [
        ({"role": "knee"}, "wrong at neurovigie.role"),
        ({"needs_one_of": [["adc"]]}, "names adc, which is no companion"),
        ({"surprise": 1}, "wrong at neurovigie.surprise"),
        ({"sha256": "0" * 64}, "has no models/model.safetensors"),
    ],
)
def test_a_broken_bundle_is_refused_with_what_is_wrong(rule: Path, ours: dict[str, object], sentence: str) -> None:
    edit(rule, **ours)
    with pytest.raises(BundleError, match=sentence):
        read(rule)


def test_weights_that_are_not_what_the_metadata_says_are_refused(rule: Path) -> None:
    edit(rule, sha256="0" * 64)
    (rule / "models").mkdir()
    (rule / "models/model.safetensors").write_bytes(b"other")
    with pytest.raises(BundleError, match="not what its metadata says"):
        read(rule)


def test_a_bundle_without_configuration_is_refused(rule: Path) -> None:
    (rule / "configs/inference.json").unlink()
    with pytest.raises(BundleError, match=r"no configs/inference\.json"):
        read(rule)
    (rule / "configs/metadata.json").write_text("{")
    with pytest.raises(BundleError, match="metadata of bundle"):
        read(rule)


def test_the_registry_never_imports_torch() -> None:
    program = "import sys, models.registry as r; r.installed(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
