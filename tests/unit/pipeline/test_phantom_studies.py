"""The phantom studies are what their headers say, and the same every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pydicom
import pytest

from pipeline.domain.finding import Side
from pipeline.phantom import (
    BleedSite,
    Haemorrhage,
    PhantomPatient,
    PhantomSeries,
    PhantomStudy,
    SeriesKind,
    datasets,
    study_uid,
    write_study,
)
from pipeline.phantom import studies as ready
from pipeline.phantom.geometry import places
from pipeline.phantom.render import head_of, tissue_map
from pipeline.phantom.tissue import Tissue

PATIENT = PhantomPatient()
SMALL = PhantomSeries(images=12, spacing_mm=12.0, rows=128)


def hounsfield(study: PhantomStudy) -> np.ndarray:
    return np.stack([image.pixel_array + float(image.RescaleIntercept) for image in datasets(study)])


def test_the_same_study_gives_the_same_bytes(tmp_path):
    study = PhantomStudy(7, PATIENT, (SMALL,))
    first, second = write_study(study, tmp_path / "a"), write_study(study, tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_another_seed_is_another_study_and_another_head():
    one, two = PhantomStudy(1, PATIENT, (SMALL,)), PhantomStudy(2, PATIENT, (SMALL,))
    assert study_uid(one) != study_uid(two)
    assert not np.array_equal(hounsfield(one), hounsfield(two))


def test_files_are_part_10_and_can_be_read_back(tmp_path):
    paths = write_study(PhantomStudy(3, PATIENT, (SMALL,)), tmp_path)
    images = [pydicom.dcmread(path) for path in paths]
    assert len({image.SOPInstanceUID for image in images}) == len(paths) == 12
    assert {image.NumberOfSeriesRelatedInstances for image in images} == {12}
    assert all(pydicom.uid.UID(image.SOPInstanceUID).is_valid for image in images)


def test_a_head_holds_air_fluid_brain_and_bone_at_their_usual_ct_numbers():
    middle = hounsfield(PhantomStudy(4, PATIENT, (replace(SMALL, rows=256),)))[6]
    centre = middle[100:156, 100:156]
    assert 20 < np.median(centre) < 45
    assert middle.max() > 900
    assert np.median(middle[:20, :20]) == pytest.approx(-1000, abs=5)


@pytest.mark.parametrize(
    ("volume_ml", "side", "site"),
    [
        (3.0, Side.RIGHT, BleedSite.THALAMUS),
        (30.0, Side.LEFT, BleedSite.BASAL_GANGLIA),
        (20.0, Side.RIGHT, BleedSite.LOBAR),
        (60.0, Side.LEFT, BleedSite.SUBDURAL),
    ],
)
def test_blood_has_the_volume_and_side_that_was_asked(volume_ml, side, site):
    series = PhantomSeries(images=53, spacing_mm=3.0, rows=160)
    head = head_of(PhantomStudy(5, PATIENT, (series,), Haemorrhage(volume_ml, side, site)))
    blood = np.stack([tissue_map(head, place, vessels=False) == Tissue.BLOOD for place in places(series)])
    pixel_mm = series.field_mm / series.rows
    assert blood.sum() * pixel_mm**2 * 3.0 / 1000 == pytest.approx(volume_ml, rel=0.12)
    columns = np.nonzero(blood)[2]
    # Columns run to the patient's left.
    assert (columns.mean() > series.rows / 2) == (side is Side.LEFT)


def test_a_tilted_uneven_series_moves_along_the_table_as_its_headers_say():
    study = ready.tilted_and_uneven(6, PATIENT)
    small = replace(study, series=(replace(study.series[0], rows=32),))
    images = list(datasets(small))
    heights = [float(image.ImagePositionPatient[2]) for image in images]
    gaps = np.diff(heights)
    assert set(np.round(gaps, 3)) == {3.0, 6.0}
    assert len({tuple(image.ImagePositionPatient[:2]) for image in images}) == 1
    down = np.array(images[0].ImageOrientationPatient[3:], float)
    assert np.degrees(np.arctan2(down[2], down[1])) == pytest.approx(18.5)
    assert float(images[0].GantryDetectorTilt) == 18.5


def test_a_truncated_study_promises_what_it_does_not_hold():
    study = ready.truncated(8, PATIENT)
    small = replace(study, series=(replace(study.series[0], rows=32),))
    images = list(datasets(small))
    assert len(images) == 20
    assert images[0].ImagesInAcquisition == images[0].NumberOfSeriesRelatedInstances == 40


def test_diffusion_shows_the_infarct_bright_on_b1000_and_dark_on_adc():
    study = ready.diffusion(9, PATIENT)
    plain = replace(study, infarct_ml=0.0)
    by_kind: dict[str, list[np.ndarray]] = {"b1000": [], "adc": []}
    for ill, well in zip(datasets(study), datasets(plain), strict=True):
        change = ill.pixel_array.astype(int) - well.pixel_array
        if ill.get("DiffusionBValue") == 1000:
            by_kind["b1000"].append(change)
        elif "ADC" in ill.ImageType:
            by_kind["adc"].append(change)
    assert np.max(by_kind["b1000"]) > 100
    assert np.min(by_kind["adc"]) < -150


def test_an_angiography_says_contrast_and_shows_bright_arteries():
    series = PhantomSeries(SeriesKind.CTA, images=8, spacing_mm=3.0, rows=256, bottom_mm=-20.0)
    images = list(datasets(PhantomStudy(10, PATIENT, (series,))))
    assert all(image.ContrastBolusAgent for image in images)


def test_documents_hold_nothing_a_model_can_read():
    dose = list(datasets(ready.documents_only(11, PATIENT)))[1]
    assert dose.Modality == "SR"
    assert "PixelData" not in dose


def test_a_haemorrhage_without_a_side_is_refused():
    with pytest.raises(ValueError, match="left or on the right"):
        Haemorrhage(10.0, Side.UNKNOWN)
