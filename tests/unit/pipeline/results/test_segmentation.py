from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from pipeline.domain.errors import BadInput
from pipeline.results.requests import ResultKind, WriteResults
from pipeline.results.uids import derived_uid, is_ours
from pipeline.results.write import write_results
from pipeline.testing.bleeding import BLEEDING, BLOOD_HU, LEFT_BLOOD, request_of, result_request
from pipeline.testing.enhanced import write_enhanced
from pipeline.testing.head_series import slice_points_mm, write_head_series

UNEVEN = (-40.0, -36.0, -32.0, -28.0, -24.0, -16.0, -8.0, 0.0, 8.0, 16.0, 24.0)
SERIES = {
    "straight": BLEEDING,
    "tilted": replace(BLEEDING, tilt_degrees=18.5),
    "tilted and uneven": replace(BLEEDING, tilt_degrees=-12, along_mm=UNEVEN),
}


def seg_of(request: WriteResults) -> Path:
    """The segmentation alone."""
    first = next(write_results(request))
    assert first.kind is ResultKind.SEGMENTATION
    return first.path


def sources_of(request: WriteResults) -> dict[str, pydicom.Dataset]:
    return {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, (image.path for image in request.images))}


def marked_on_sources(path: Path, uids: list[str], segments: list[int]) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = highdicom.seg.segread(path).get_pixels_by_source_instance(
        uids, segment_numbers=segments, assert_missing_frames_are_empty=True
    )
    return pixels


@pytest.mark.parametrize("labelmap", [False, True], ids=["binary", "labelmap"])
@pytest.mark.parametrize("name", SERIES)
def test_every_segmented_pixel_lies_where_the_blood_is_in_the_patient(
    tmp_path: Path, name: str, labelmap: bool
) -> None:
    request = replace(result_request(tmp_path, SERIES[name]), labelmap=labelmap)
    sources = sources_of(request)
    pixels = marked_on_sources(seg_of(request), list(sources), [1])[..., 0]
    distances = []
    for uid, source, marked in zip(sources, sources.values(), pixels, strict=True):
        if "uneven" not in name:
            assert np.array_equal(marked > 0, source.pixel_array == BLOOD_HU), uid
        distances.extend(np.linalg.norm(slice_points_mm(source)[marked > 0] - np.array(LEFT_BLOOD), axis=-1))
    assert len(distances) > 100
    assert max(distances) < 18 + (4 if "uneven" in name else 0.001)


def test_its_frames_stand_at_the_positions_of_the_source_slices(tmp_path: Path) -> None:
    request = result_request(tmp_path, SERIES["tilted"])
    seg, sources = pydicom.dcmread(seg_of(request)), sources_of(request)
    for frame in seg.PerFrameFunctionalGroupsSequence:
        uid = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        position = frame.PlanePositionSequence[0].ImagePositionPatient
        assert list(position) == pytest.approx(list(sources[uid].ImagePositionPatient), abs=1e-4)
    orientation = seg.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient
    assert list(orientation) == pytest.approx(list(next(iter(sources.values())).ImageOrientationPatient), abs=1e-4)


def test_left_stays_left_through_the_segmentation(tmp_path: Path) -> None:
    path = seg_of(result_request(tmp_path, SERIES["straight"]))
    volume = highdicom.seg.segread(path).get_volume(combine_segments=True)
    centre = np.argwhere(volume.array > 0).mean(axis=0)
    assert volume.map_indices_to_reference(centre[None])[0] == pytest.approx(LEFT_BLOOD, abs=1)


def test_each_finding_is_a_segment_of_its_own(tmp_path: Path) -> None:
    def bleed_again(header: pydicom.Dataset, k: int) -> None:
        if k in (3, 4):
            pixels = np.frombuffer(header.PixelData, np.int16).reshape(header.Rows, header.Columns).copy()
            pixels[20:24, 8:12] = BLOOD_HU
            header.PixelData = pixels.tobytes()

    request = result_request(tmp_path, SERIES["straight"])
    for k, file in enumerate(sorted(image.path for image in request.images)):
        header = pydicom.dcmread(file)
        bleed_again(header, k)
        header.save_as(file)
    request = request_of(tmp_path, sorted(image.path for image in request.images))
    assert len(request.findings) == 2
    path, sources = seg_of(request), sources_of(request)
    marked = marked_on_sources(path, list(sources), [1, 2])
    truth = np.stack([source.pixel_array == BLOOD_HU for source in sources.values()])
    assert np.array_equal(marked.any(axis=-1), truth)
    assert not (marked[..., 0] & marked[..., 1]).any()
    seg = pydicom.dcmread(path)
    assert [segment.SegmentNumber for segment in seg.SegmentSequence] == [1, 2]
    assert len({segment.TrackingUID for segment in seg.SegmentSequence}) == 2


def test_it_belongs_to_the_study_and_names_the_model_and_its_limits(tmp_path: Path) -> None:
    request = result_request(tmp_path, SERIES["straight"])
    seg, source = pydicom.dcmread(seg_of(request)), pydicom.dcmread(request.images[0].path)
    for keyword in ("StudyInstanceUID", "PatientID", "FrameOfReferenceUID", "StudyDate"):
        assert seg[keyword].value == source[keyword].value
    assert (seg.Modality, seg.SegmentationType) == ("SEG", "BINARY")
    assert seg.SeriesDescription == "AI suspected haemorrhage (research use only)"
    assert seg.SeriesInstanceUID == derived_uid("5f1c", "seg")
    assert is_ours(seg.SOPInstanceUID, seg.SeriesInstanceUID, seg.InstanceNumber)
    segment = seg.SegmentSequence[0]
    assert segment.SegmentedPropertyTypeCodeSequence[0].CodeValue == "50960005"
    assert segment.SegmentedPropertyCategoryCodeSequence[0].CodeValue == "49755003"
    assert segment.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[0].CodeMeaning == "Left"
    algorithm = segment.SegmentationAlgorithmIdentificationSequence[0]
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("ich-ct", "0.1.0")


def test_a_label_map_has_one_frame_a_slice_and_says_what_is_background(tmp_path: Path) -> None:
    seg = pydicom.dcmread(seg_of(replace(result_request(tmp_path, SERIES["straight"]), labelmap=True)))
    assert (seg.SegmentationType, seg.BitsAllocated, seg.PixelPaddingValue) == ("LABELMAP", 8, 0)
    assert [segment.SegmentNumber for segment in seg.SegmentSequence] == [0, 1]
    assert set(np.unique(seg.pixel_array)) == {0, 1}


def test_a_finding_seen_by_another_bundle_names_that_one(tmp_path: Path) -> None:
    request = result_request(tmp_path, SERIES["straight"])
    other = replace(request.findings[0], bundle="ischaemia-ct", bundle_version="9.9")
    seg = pydicom.dcmread(seg_of(replace(request, findings=(other,))))
    algorithm = seg.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence[0]
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("ischaemia-ct", "9.9")


def test_an_uncommon_header_without_optional_values_is_no_obstacle(tmp_path: Path) -> None:
    request = result_request(tmp_path, SERIES["straight"])
    for image in request.images:
        header = pydicom.dcmread(image.path)
        for keyword in ("PatientBirthDate", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "SeriesNumber"):
            delattr(header, keyword)
        header.save_as(image.path)
    assert len(list(write_results(request))) == 4


def test_a_mask_of_other_images_is_refused(tmp_path: Path) -> None:
    request = result_request(tmp_path, SERIES["straight"])
    with pytest.raises(BadInput, match="not among the source images"):
        seg_of(replace(request, images=request.images[:3]))


def test_a_series_without_frame_of_reference_is_refused(tmp_path: Path) -> None:
    request = result_request(tmp_path, SERIES["straight"])
    for image in request.images:
        header = pydicom.dcmread(image.path)
        del header.FrameOfReferenceUID
        header.save_as(image.path)
    with pytest.raises(BadInput, match="no frame of reference"):
        seg_of(request)


def test_a_broken_mask_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    request = result_request(tmp_path, SERIES["straight"])
    request.mask.write_bytes(b"nonsense")
    with pytest.raises(BadInput, match="analyse the series again"):
        seg_of(request)


def test_frames_of_an_enhanced_image_are_named_by_their_number(tmp_path: Path) -> None:
    slices = write_head_series(tmp_path / "slices", SERIES["straight"])
    file = write_enhanced(tmp_path / "enhanced.dcm", slices[::-1])
    request = request_of(tmp_path, [file])
    source, path = pydicom.dcmread(file), seg_of(request)
    numbers = list(range(1, len(slices) + 1))
    marked = highdicom.seg.segread(path).get_pixels_by_source_frame(
        str(source.SOPInstanceUID), numbers, segment_numbers=[1], assert_missing_frames_are_empty=True
    )[..., 0]
    assert np.array_equal(marked > 0, source.pixel_array == BLOOD_HU)
