from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest

from pipeline.domain.errors import BadInput
from pipeline.domain.finding import Finding, FindingKind, Side
from pipeline.results.mask_file import write_mask
from pipeline.results.requests import SourceImage, WriteSegmentation
from pipeline.results.segmentation import derived_uid, write_segmentation
from pipeline.testing.head_series import HeadSeries, slice_points_mm, write_head_series
from pipeline.volumes.build import build_volume
from pipeline.volumes.source import read_header

LEFT_BLOOD = (40.0, 10.0, 0.0)
UNEVEN = (-40.0, -36.0, -32.0, -28.0, -24.0, -16.0, -8.0, 0.0, 8.0, 16.0, 24.0)
SERIES = {
    "straight": HeadSeries(blood_mm=LEFT_BLOOD),
    "tilted": HeadSeries(blood_mm=LEFT_BLOOD, tilt_degrees=18.5),
    "tilted and uneven": HeadSeries(blood_mm=LEFT_BLOOD, tilt_degrees=-12, along_mm=UNEVEN),
}


def request_for(folder: Path, series: HeadSeries) -> WriteSegmentation:
    """The request after a perfect segmentation of a bleeding; files are given in a scrambled order."""
    files = write_head_series(folder / "in", series)
    volume = build_volume([(file, read_header(file)) for file in files])
    labels = (volume.volume.voxels > 60).astype(np.uint8) * (volume.volume.voxels < 90)
    return WriteSegmentation(
        images=tuple(SourceImage(file) for file in files[::-1]),
        mask=write_mask(folder / "out", volume, labels.astype(np.uint8)),
        findings=(Finding(FindingKind.HAEMORRHAGE, 20.0, Side.LEFT, 0.9),),
        analysis_id="5f1c",
        bundle="ich-ct",
        bundle_version="0.1.0",
        made_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        out=folder / "out" / "segmentation.dcm",
    )


@pytest.mark.parametrize("name", SERIES)
def test_every_segmented_pixel_lies_where_the_blood_is_in_the_patient(tmp_path: Path, name: str) -> None:
    request = request_for(tmp_path, SERIES[name])
    written = write_segmentation(request)
    seg = highdicom.seg.segread(written.path)
    sources = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, (image.path for image in request.images))}
    pixels = seg.get_pixels_by_source_instance(
        list(sources), segment_numbers=[1], assert_missing_frames_are_empty=True
    )[..., 0]
    distances = []
    for uid, source, marked in zip(sources, sources.values(), pixels, strict=True):
        truth = source.pixel_array == 75
        if "uneven" not in name:
            assert np.array_equal(marked > 0, truth), uid
        distances.extend(np.linalg.norm(slice_points_mm(source)[marked > 0] - np.array(LEFT_BLOOD), axis=-1))
    assert len(distances) > 100
    assert max(distances) < 18 + (4 if "uneven" in name else 0.001)


def test_its_frames_stand_at_the_positions_of_the_source_slices(tmp_path: Path) -> None:
    request = request_for(tmp_path, SERIES["tilted"])
    seg = pydicom.dcmread(write_segmentation(request).path)
    sources = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, (image.path for image in request.images))}
    for frame in seg.PerFrameFunctionalGroupsSequence:
        uid = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        position = frame.PlanePositionSequence[0].ImagePositionPatient
        assert list(position) == pytest.approx(list(sources[uid].ImagePositionPatient), abs=1e-4)
    orientation = seg.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient
    assert list(orientation) == pytest.approx(list(next(iter(sources.values())).ImageOrientationPatient), abs=1e-4)


def test_left_stays_left_through_the_segmentation(tmp_path: Path) -> None:
    request = request_for(tmp_path, SERIES["straight"])
    volume = highdicom.seg.segread(write_segmentation(request).path).get_volume(combine_segments=True)
    centre = np.argwhere(volume.array > 0).mean(axis=0)
    assert volume.map_indices_to_reference(centre[None])[0] == pytest.approx(LEFT_BLOOD, abs=1)


def test_it_belongs_to_the_study_and_names_the_model_and_its_limits(tmp_path: Path) -> None:
    request = request_for(tmp_path, SERIES["straight"])
    written = write_segmentation(request)
    seg, source = pydicom.dcmread(written.path), pydicom.dcmread(request.images[0].path)
    for keyword in ("StudyInstanceUID", "PatientID", "FrameOfReferenceUID", "StudyDate"):
        assert seg[keyword].value == source[keyword].value
    assert (seg.Modality, seg.SegmentationType) == ("SEG", "BINARY")
    assert seg.SeriesDescription == "AI suspected haemorrhage (research use only)"
    assert seg.SeriesInstanceUID == derived_uid("5f1c", "series") == written.SeriesInstanceUID
    segment = seg.SegmentSequence[0]
    assert segment.SegmentedPropertyTypeCodeSequence[0].CodeValue == "50960005"
    assert segment.SegmentedPropertyCategoryCodeSequence[0].CodeValue == "49755003"
    algorithm = segment.SegmentationAlgorithmIdentificationSequence[0]
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("ich-ct", "0.1.0")


def test_writing_twice_makes_the_same_bytes(tmp_path: Path) -> None:
    request = request_for(tmp_path, SERIES["tilted"])
    first = write_segmentation(request).path.read_bytes()
    again = replace(request, out=tmp_path / "again.dcm", images=request.images[::-1])
    assert write_segmentation(again).path.read_bytes() == first


def test_an_uncommon_header_without_optional_values_is_no_obstacle(tmp_path: Path) -> None:
    request = request_for(tmp_path, SERIES["straight"])
    for image in request.images:
        header = pydicom.dcmread(image.path)
        for keyword in ("PatientBirthDate", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "SeriesNumber"):
            delattr(header, keyword)
        header.save_as(image.path)
    assert write_segmentation(request).path.is_file()


def test_a_mask_of_other_images_is_refused(tmp_path: Path) -> None:
    request = request_for(tmp_path, SERIES["straight"])
    with pytest.raises(BadInput, match="not among the source images"):
        write_segmentation(replace(request, images=request.images[:3]))


def test_a_broken_mask_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    request = request_for(tmp_path, SERIES["straight"])
    request.mask.write_bytes(b"nonsense")
    with pytest.raises(BadInput, match="analyse the series again"):
        write_segmentation(request)
