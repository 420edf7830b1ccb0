from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from pipeline.results.requests import ResultKind, WriteResults
from pipeline.results.write import write_results
from pipeline.testing.bleeding import BLEEDING, BLOOD_HU, result_request

SERIES = {
    "straight": BLEEDING,
    "tilted": replace(BLEEDING, tilt_degrees=18.5),
}


def state_of(request: WriteResults) -> pydicom.Dataset:
    wanted = ResultKind.PRESENTATION_STATE
    return pydicom.dcmread(next(one.path for one in write_results(request) if one.kind is wanted))


def filled(graphics: list[pydicom.Dataset], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The polylines of one image filled by the even-odd rule."""
    crossings = np.zeros((shape[0], shape[1] + 1), dtype=int)
    for graphic in graphics:
        corners = np.array(graphic.GraphicData).reshape(-1, 2).astype(int)
        assert len(corners) == graphic.NumberOfGraphicPoints
        for (x0, y0), (x1, y1) in itertools.pairwise(corners):
            if x0 == x1:
                crossings[min(y0, y1) : max(y0, y1), x0] += 1
    inside: NDArray[np.bool_] = (np.cumsum(crossings, axis=1)[:, :-1] % 2).astype(bool)
    return inside


@pytest.mark.parametrize("name", SERIES)
def test_the_graphics_of_each_image_fill_exactly_its_lesion(tmp_path: Path, name: str) -> None:
    request = result_request(tmp_path, SERIES[name])
    sources = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, (image.path for image in request.images))}
    state = state_of(request)
    annotated = {
        item.ReferencedImageSequence[0].ReferencedSOPInstanceUID: item for item in state.GraphicAnnotationSequence
    }
    for uid, source in sources.items():
        truth = source.pixel_array == BLOOD_HU
        assert (uid in annotated) == bool(truth.any())
        if truth.any():
            assert np.array_equal(filled(annotated[uid].GraphicObjectSequence, truth.shape), truth)


def test_every_annotated_image_is_among_the_referenced_ones(tmp_path: Path) -> None:
    state = state_of(result_request(tmp_path, SERIES["straight"]))
    (series,) = state.ReferencedSeriesSequence
    listed = {one.ReferencedSOPInstanceUID for one in series.ReferencedImageSequence}
    annotated = {item.ReferencedImageSequence[0].ReferencedSOPInstanceUID for item in state.GraphicAnnotationSequence}
    assert listed == annotated


def test_it_shows_ct_in_the_brain_window_with_the_source_s_own_rescale(tmp_path: Path) -> None:
    header = {"RescaleIntercept": -1024, "RescaleSlope": 1}

    def stored(data: pydicom.Dataset) -> None:
        data.RescaleIntercept = header["RescaleIntercept"]
        data.PixelData = (data.pixel_array + 1024).astype(np.int16).tobytes()

    request = result_request(tmp_path, SERIES["straight"])
    for image in request.images:
        data = pydicom.dcmread(image.path)
        stored(data)
        data.save_as(image.path)
    state = state_of(request)
    assert (state.RescaleIntercept, state.RescaleSlope, state.RescaleType) == (-1024, 1, "HU")
    assert state.SoftcopyVOILUTSequence[0].WindowCenter == 40
    assert state.PresentationLUTShape == "IDENTITY"


def test_every_text_says_it_is_a_suspicion(tmp_path: Path) -> None:
    request = result_request(tmp_path, SERIES["straight"])
    state = state_of(replace(request, findings=(replace(request.findings[0], volume_ml=30.12),)))
    words = {item.TextObjectSequence[0].UnformattedTextValue for item in state.GraphicAnnotationSequence}
    assert words == {"AI suspected haemorrhage 30.1 mL, to be confirmed; research use only"}
