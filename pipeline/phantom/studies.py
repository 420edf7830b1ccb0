"""Ready-made phantom studies, one function for each situation the demo and the tests need."""

from __future__ import annotations

from pipeline.domain.finding import Side
from pipeline.phantom.spec import BleedSite, Haemorrhage, PhantomPatient, PhantomSeries, PhantomStudy, SeriesKind

_CTA = PhantomSeries(SeriesKind.CTA, images=48, spacing_mm=3.0, bottom_mm=-55.0)
_DWI = PhantomSeries(SeriesKind.DWI, images=26, spacing_mm=5.0, rows=128, bottom_mm=-32.0)
_ADC = PhantomSeries(SeriesKind.ADC, images=26, spacing_mm=5.0, rows=128, bottom_mm=-32.0)


def normal_head(seed: int, patient: PhantomPatient, *, images: int = 40) -> PhantomStudy:
    """A non-contrast head CT without a lesion; fewer images are thicker and still cover the head."""
    return PhantomStudy(seed, patient, (_head_ct(images),))


def haemorrhage(
    seed: int,
    patient: PhantomPatient,
    volume_ml: float,
    side: Side = Side.LEFT,
    site: BleedSite = BleedSite.BASAL_GANGLIA,
    *,
    images: int = 40,
) -> PhantomStudy:
    """A non-contrast head CT with blood."""
    return PhantomStudy(seed, patient, (_head_ct(images),), Haemorrhage(volume_ml, side, site))


def tilted_and_uneven(seed: int, patient: PhantomPatient, blood: Haemorrhage | None = None) -> PhantomStudy:
    """A head CT with the gantry tilted by 18.5 degrees, fine slices below and thick ones above."""
    series = PhantomSeries(images=34, spacing_mm=6.0, tilt_deg=18.5, fine_from=14)
    return PhantomStudy(seed, patient, (series,), blood)


def diffusion(seed: int, patient: PhantomPatient, infarct_ml: float = 20.0) -> PhantomStudy:
    """Diffusion (b = 0 and 1000) with its ADC map, showing a fresh infarct."""
    return PhantomStudy(seed, patient, (_DWI, _ADC), infarct_ml=infarct_ml, description="IRM CEREBRALE")


def angiography(seed: int, patient: PhantomPatient) -> PhantomStudy:
    """A CT angiography of the head, with its localiser."""
    return PhantomStudy(seed, patient, (PhantomSeries(SeriesKind.LOCALISER), _CTA), description="ANGIOSCANNER TSA")


def documents_only(seed: int, patient: PhantomPatient) -> PhantomStudy:
    """A scanned page and a dose report: nothing that a model can read."""
    series = (PhantomSeries(SeriesKind.SECONDARY_CAPTURE), PhantomSeries(SeriesKind.DOSE_REPORT))
    return PhantomStudy(seed, patient, series, description="DOCUMENTS")


def truncated(seed: int, patient: PhantomPatient, *, images: int = 40, received: int = 20) -> PhantomStudy:
    """A head CT of which only the lower images came, while its headers promise all."""
    whole = _head_ct(images)
    cut = PhantomSeries(images=images, spacing_mm=whole.spacing_mm, received=received)
    return PhantomStudy(seed, patient, (cut,))


def _head_ct(images: int) -> PhantomSeries:
    return PhantomSeries(images=images, spacing_mm=round(160.0 / images, 3))
