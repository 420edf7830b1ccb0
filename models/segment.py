"""Run one bundle on NIfTI images: `python -m models.segment --bundle ich-ct IN.nii.gz --out MASK.nii.gz`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from models.registry import BUNDLES, BundleInfo, find
from pipeline.domain.errors import BadInput, BundleError, NeuroVigieError, NotAnalysable
from pipeline.domain.ports import Prediction
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume, VoxelUnit

EXAMPLES = """\
examples:
  neurovigie segment --bundle ich-ct head.nii.gz --out mask.nii.gz --json
  neurovigie segment --bundle infarct-dwi dwi.nii.gz --adc adc.nii.gz --out mask.nii.gz
  neurovigie segment --bundle infarct-dwi dwi.nii.gz --b0 b0.nii.gz --bvalue 1000 --out mask.nii.gz
"""

COMPANIONS = {"adc": SeriesRole.ADC, "b0": SeriesRole.B0, "flair": SeriesRole.FLAIR}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="neurovigie segment",
        description="Run one model bundle on a NIfTI image: CT in HU, or diffusion MR with its ADC map.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cli.add_argument("image", type=Path, help="NIfTI: CT in HU, or DWI (also 4-D: DWI, ADC); one slice will do")
    cli.add_argument("--bundle", required=True, help="id of an installed bundle, such as ich-ct")
    cli.add_argument("--out", type=Path, required=True, help="mask to write (.nii.gz): 0, and n for lesion n")
    cli.add_argument("--adc", type=Path, help="ADC map of the same patient, on any grid")
    cli.add_argument("--b0", type=Path, help="diffusion image without weighting, to compute ADC where there is none")
    cli.add_argument("--flair", type=Path, help="FLAIR of the same patient, for bundles that read it")
    cli.add_argument("--bvalue", type=float, help="b-value of the DWI in s/mm2, where ADC is computed (default: 1000)")
    cli.add_argument(
        "--uncertainty", type=Path, metavar="FILE", help="also write where it is unsure: 0 sure, 255 even odds"
    )
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
    for file in filter(None, (chosen.out, chosen.uncertainty)):
        _check_output(file)
    companions = {role: getattr(chosen, name) for name, role in COMPANIONS.items() if getattr(chosen, name)}
    settings = _settings(chosen, bundle, companions)
    # nibabel and torch take seconds to import: a wrong name or path is answered before.
    from models import nifti  # noqa: PLC0415
    from models.inference.files import read_images  # noqa: PLC0415
    from models.predict import load, predict  # noqa: PLC0415

    images = read_images(chosen.image, VoxelUnit(bundle.inputs.unit), companions)
    _check_companions(bundle, images.companions)
    prediction = predict(load(bundle, chosen.device, settings), images.volume, images.companions)
    if chosen.uncertainty and prediction.uncertainty is None:
        raise BadInput(f"{bundle.id} cannot say where it is unsure: leave out --uncertainty.")
    nifti.write_map(prediction.labels, chosen.image, chosen.out)
    if prediction.uncertainty is not None:
        nifti.write_map(prediction.uncertainty, chosen.image, chosen.uncertainty)
    return as_json(prediction, images.volume)


def _check_output(file: Path) -> None:
    if not file.name.endswith((".nii", ".nii.gz")):
        raise BadInput(f"The mask is written as NIfTI: let --out end in .nii.gz, not {file.name!r}.")
    if not file.parent.is_dir():
        raise BadInput(f"The folder {file.parent} does not exist; make it first.")


def _settings(chosen: argparse.Namespace, bundle: BundleInfo, companions: dict[SeriesRole, Path]) -> dict[str, Any]:
    """What the command line changes in the bundle's configuration."""
    for role in companions:
        if role not in bundle.companions:
            reads = ", ".join(f"--{one}" for one in bundle.companions) or "nothing beside the image"
            raise BadInput(f"{bundle.id} does not read --{role}; it reads {reads}.")
    settings: dict[str, Any] = {}
    if chosen.bvalue is not None:
        if SeriesRole.B0 not in companions:
            raise BadInput("--bvalue is only for computing ADC from --b0.")
        if not 100 <= chosen.bvalue <= 5000:
            raise BadInput(f"A b-value of {chosen.bvalue:g} s/mm2 is not one of stroke imaging; 1000 is usual.")
        settings["b_value"] = chosen.bvalue
    if chosen.uncertainty:
        settings["uncertainty"] = True
    return settings


def _check_companions(bundle: BundleInfo, given: Any) -> None:
    lacking = bundle.lacks(given)
    if lacking:
        ways = " or ".join(f"--{role}" for role in lacking)
        raise BadInput(f"{bundle.id} needs more than the {bundle.role.upper()} image: add {ways}.")


def as_json(prediction: Prediction, volume: Volume) -> dict[str, Any]:
    """A prediction as the JSON that ``segment --json`` prints; volumes in mL, seconds rounded."""
    each = volume.patient_from_voxel.voxel_volume_ml
    lesions = [
        {
            "label": lesion.label,
            "kind": lesion.kind.value,
            "site": lesion.site.value if lesion.site else None,
            "volume_ml": round(float((prediction.labels == lesion.label).sum()) * each, 3),
            "confidence": round(lesion.confidence, 4),
        }
        for lesion in prediction.lesions
    ]
    strange = prediction.out_of_distribution
    return {
        "bundle": prediction.bundle_id,
        "bundle_version": prediction.bundle_version,
        "scan_probability": round(prediction.scan_probability, 4),
        "out_of_distribution": None if strange is None else round(strange, 3),
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
