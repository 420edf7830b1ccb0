"""Run one bundle on one NIfTI: `python -m models.segment --bundle ich-ct IN.nii.gz --out MASK.nii.gz`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from models.registry import BUNDLES, find
from pipeline.domain.errors import BadInput, BundleError, NeuroVigieError, NotAnalysable
from pipeline.domain.ports import Prediction
from pipeline.domain.volume import Volume


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(prog="neurovigie segment", description="Run one bundle on one NIfTI image in HU.")
    cli.add_argument("image", type=Path, help="CT in Hounsfield units, .nii or .nii.gz; a single slice is fine")
    cli.add_argument("--bundle", required=True, help="id of an installed bundle, such as ich-ct")
    cli.add_argument("--out", type=Path, required=True, help="mask to write (.nii.gz): 0, and n for lesion n")
    cli.add_argument("--json", action="store_true", help="print scan probability, lesions, flags and seconds as JSON")
    cli.add_argument("--device", default="auto", help="auto, cpu, cuda (default: auto)")
    cli.add_argument("--bundles", type=Path, default=BUNDLES, help=argparse.SUPPRESS)
    return cli


def main(arguments: list[str] | None = None) -> int:
    """Segment; 0 when done, 2 when the input or the bundle cannot be used, 1 when the model failed."""
    chosen = parser().parse_args(arguments)
    try:
        report = segment(chosen)
    except (BadInput, NotAnalysable, BundleError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except NeuroVigieError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(report) + "\n" if chosen.json else _sentence(report, chosen.out))
    return 0


def segment(chosen: argparse.Namespace) -> dict[str, Any]:
    """Read, run, write; returns what ``--json`` prints."""
    bundle = find(chosen.bundle, chosen.bundles)
    if not chosen.out.name.endswith((".nii", ".nii.gz")):
        raise BadInput(f"The mask is written as NIfTI: let --out end in .nii.gz, not {chosen.out.name!r}.")
    if not chosen.out.parent.is_dir():
        raise BadInput(f"The folder {chosen.out.parent} does not exist; make it first.")
    # nibabel and torch take seconds to import: a wrong name or path is answered before.
    from models import nifti  # noqa: PLC0415
    from models.predict import load, predict  # noqa: PLC0415

    volume = nifti.read_ct(chosen.image)
    prediction = predict(load(bundle, chosen.device), volume)
    nifti.write_mask(prediction.labels, chosen.image, chosen.out)
    return as_json(prediction, volume)


def as_json(prediction: Prediction, volume: Volume) -> dict[str, Any]:
    """A prediction as the JSON that ``segment --json`` prints; volumes in mL, seconds rounded."""
    each = volume.patient_from_voxel.voxel_volume_ml
    lesions = [
        {
            "label": lesion.label,
            "kind": lesion.kind.value,
            "volume_ml": round(float((prediction.labels == lesion.label).sum()) * each, 3),
            "confidence": round(lesion.confidence, 4),
        }
        for lesion in prediction.lesions
    ]
    return {
        "bundle": prediction.bundle_id,
        "bundle_version": prediction.bundle_version,
        "scan_probability": round(prediction.scan_probability, 4),
        "lesions": lesions,
        "flags": list(prediction.flags),
        "seconds": {name: round(value, 3) for name, value in prediction.seconds.items()},
        "research_use_only": True,
    }


def _sentence(report: dict[str, Any], out: Path) -> str:
    total = sum(lesion["volume_ml"] for lesion in report["lesions"])
    count, probability = len(report["lesions"]), report["scan_probability"]
    flags = "".join(f"  Note: {flag}.\n" for flag in report["flags"])
    return (
        f"{report['bundle']} {report['bundle_version']}: {count} lesion(s), {total:.1f} mL, "
        f"scan probability {probability:.2f}; mask in {out}. Research use only.\n{flags}"
    )


if __name__ == "__main__":
    sys.exit(main())
