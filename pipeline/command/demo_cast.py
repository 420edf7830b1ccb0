"""Who plays in the demo: three pretended hospitals, their made-up patients, and what must become of each study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.domain.finding import Side
from pipeline.domain.role import SeriesRole
from pipeline.jobs import read_by_a_model
from pipeline.phantom import BleedSite, PhantomPatient, PhantomStudy
from pipeline.phantom import studies as ready

_RAISED = frozenset({"red", "orange"})
_PLAIN = frozenset({"yellow"})
_NO_MODEL = "no model for this role yet"


@dataclass(frozen=True, slots=True)
class Hospital:
    """A pretended hospital and the scanner that sends from it."""

    site: str
    name: str
    ae_title: str


PORT_BRUME = Hospital("port-brume", "Hôpital de Port-Brume", "CT_PORTBRUME")
VAL_D_AVEN = Hospital("val-d-aven", "Centre hospitalier du Val-d'Aven", "PACS_VALDAVEN")
KER_AVEL = Hospital("ker-avel", "Clinique de Ker-Avel", "IRM_KERAVEL")
HOSPITALS = (PORT_BRUME, VAL_D_AVEN, KER_AVEL)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a case must have become; empty or None where the demo has no opinion."""

    tiers: frozenset[str] = frozenset()
    state: str = ""
    why: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """One study that is sent: from where, what it shows, and what must become of it."""

    name: str
    title: str
    hospital: Hospital
    study: PhantomStudy
    expected: Expected
    again: str = ""
    """The name of the scene whose files are sent once more instead of new ones."""


def scenes(images: int = 40) -> tuple[Scene, ...]:
    """The eight studies in sending order; the last repeats the first."""
    large, small = _bleeding(images)
    return (large, _normal(images), small, *_other_scans(), _truncated(images), _again(large))


def _bleeding(images: int) -> tuple[Scene, Scene]:
    """A large and a small haemorrhage; the small one may be thought less urgent."""
    large = ready.haemorrhage(101, _patient(1, "LE GOFF^Maëlle", "F"), 32.0, Side.LEFT, images=images)
    young = _patient(3, "KERVELLA^Youenn", "M")
    small = ready.haemorrhage(103, young, 4.0, Side.RIGHT, BleedSite.THALAMUS, images=images)
    blood = Expected(frozenset({"red"}), "analysed", reason_code="suspected_haemorrhage")
    return (
        Scene("large_haemorrhage", "large haemorrhage", PORT_BRUME, large, blood),
        Scene("small_haemorrhage", "small haemorrhage", PORT_BRUME, small, replace(blood, tiers=_RAISED)),
    )


def _normal(images: int) -> Scene:
    study = ready.normal_head(102, _patient(2, "TANGUY^Élodie", "F"), images=images)
    return Scene("normal", "normal head", VAL_D_AVEN, study, Expected(_PLAIN, "analysed"))


def _other_scans() -> tuple[Scene, ...]:
    """What is no plain head CT: diffusion, angiography, documents."""
    diffusion = ready.diffusion(104, _patient(4, "RIOU^Gwenaël", "M"))
    angiography = ready.angiography(105, _patient(5, "PENNEC^Soizic", "F"))
    documents = ready.documents_only(106, _patient(6, "MORVAN^Tristan", "M"))
    unread = Expected(_PLAIN, "not_analysed", _NO_MODEL)
    return (
        Scene("diffusion", "diffusion MRI", KER_AVEL, diffusion, _diffusion()),
        Scene("angiography", "CT angiography", VAL_D_AVEN, angiography, unread),
        Scene("documents", "no image a model can read", KER_AVEL, documents, Expected(state="not_analysed")),
    )


def _truncated(images: int) -> Scene:
    study = ready.truncated(107, _patient(7, "QUÉMÉNER^Awen", "O"), images=images, received=images // 2)
    partly = Expected(state="analysed", reason_code="provisional")
    return Scene("truncated", "upper half missing", VAL_D_AVEN, study, partly)


def _again(first: Scene) -> Scene:
    return replace(first, name="duplicate", title="the first study once more", again=first.name)


def _diffusion() -> Expected:
    """Analysed with its ADC map where an installed bundle reads diffusion; else it says that none does."""
    if SeriesRole.DWI in read_by_a_model():
        return Expected(state="analysed")
    return Expected(frozenset({"yellow"}), "not_analysed", _NO_MODEL)


def complaints(scene: Scene, case: Mapping[str, Any]) -> list[str]:
    """What is wrong with a case of the demo, in sentences; ``case`` as the demo prints it."""
    expected, said = scene.expected, []
    if expected.tiers and case["tier"] not in expected.tiers:
        said.append(f"{scene.title}: the tier is {case['tier']}, not {' or '.join(sorted(expected.tiers))}")
    if expected.state and case["state"] != expected.state:
        said.append(f"{scene.title}: the state is {case['state']} ({case['why']}), not {expected.state}")
    if expected.why not in case["why"]:
        said.append(f"{scene.title}: the reason is {case['why']!r}, not {expected.why!r}")
    if expected.reason_code and expected.reason_code not in {reason["code"] for reason in case["reasons"]}:
        said.append(f"{scene.title}: the reason {expected.reason_code} is missing")
    return said


def _patient(number: int, name: str, sex: str) -> PhantomPatient:
    return PhantomPatient(f"DEMO-{number:04d}", name, f"19{30 + 5 * number}0{number}1{number}", sex)
