"""Run an installed bundle on a volume: the `Predictor` of `pipeline.domain.ports`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, cast

import torch
from monai.bundle.config_parser import ConfigParser

from models.inference.segmentation import Segmentation, Segmenter
from models.registry import BundleInfo
from pipeline.domain.errors import BundleError, InferenceFailed
from pipeline.domain.ports import NO_COMPANIONS, Lesion, Prediction, Step
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume


class BundlePredictor:
    """A bundle's segmenter with the bundle's name and version on what it says."""

    def __init__(self, bundle: BundleInfo, segmenter: Segmenter) -> None:
        self.bundle = bundle
        self.segmenter = segmenter

    def steps(
        self, volume: Volume, companions: Mapping[SeriesRole, Volume] = NO_COMPANIONS
    ) -> Iterator[Step | Prediction]:
        """Steps, then the one prediction, as `pipeline.domain.ports.Predictor` says."""
        started = time.monotonic()
        for said in self.segmenter.steps(volume, companions):
            if isinstance(said, Segmentation):
                yield self._prediction(said, time.monotonic() - started)
            else:
                yield said

    def _prediction(self, said: Segmentation, total_s: float) -> Prediction:
        kind = self.bundle.kinds[0]
        return Prediction(
            labels=said.labels,
            lesions=tuple(Lesion(c.label, kind, c.confidence, c.site) for c in said.components),
            scan_probability=said.scan_probability,
            bundle_id=self.bundle.id,
            bundle_version=self.bundle.version,
            flags=said.flags,
            seconds={**said.seconds, "total": total_s},
            out_of_distribution=said.out_of_distribution,
            uncertainty=said.uncertainty,
        )


def load(
    bundle: BundleInfo, device: str | torch.device = "auto", settings: Mapping[str, Any] | None = None
) -> BundlePredictor:
    """Build what the bundle's inference.json calls ``segmenter``; its weights were checked by the registry.

    ``device`` "auto" is the first GPU, or else the CPU. ``settings`` replace values of the
    configuration, such as ``uncertainty``. A configuration can run any code: load only bundles an
    administrator installed. Raises `BundleError` when it cannot be built.
    """
    chosen = _device(device)
    parser = ConfigParser()
    try:
        parser.read_config(str(bundle.folder / "configs" / "inference.json"))
        parser["bundle_root"] = str(bundle.folder)
        parser["device"] = str(chosen)
        for name, value in (settings or {}).items():
            parser[name] = value
        segmenter = parser.get_parsed_content("segmenter")
    except (OSError, ValueError, KeyError, TypeError, ImportError, AttributeError, RuntimeError) as error:
        raise BundleError(f"The bundle {bundle.id} cannot be loaded: {error}") from error
    return BundlePredictor(bundle, cast("Segmenter", segmenter))


def predict(
    predictor: BundlePredictor, volume: Volume, companions: Mapping[SeriesRole, Volume] = NO_COMPANIONS
) -> Prediction:
    """Run all steps and return the prediction."""
    for said in predictor.steps(volume, companions):
        if isinstance(said, Prediction):
            return said
    raise InferenceFailed("The bundle ended without a prediction.")


def _device(wanted: str | torch.device) -> torch.device:
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(wanted)
