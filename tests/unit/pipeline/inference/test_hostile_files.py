from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assembly.facts import read_facts
from pipeline.domain.errors import UnreadableInstance
from pipeline.domain.ports import Prediction, Step
from pipeline.domain.report import SeriesReport
from pipeline.domain.role import SeriesRole
from pipeline.domain.volume import Volume
from pipeline.inference.analyse import Asked, analyse_series
from pipeline.inference.ready import ReadyModel, ReadyModels
from pipeline.testing.head_series import HeadSeries, write_head_series

SMALL = HeadSeries(along_mm=(0, 8, 16), rows=16, columns=20, pixel_mm=10)


class SeesNothing:
    def steps(self, volume: Volume, companions: object = None) -> Iterator[Step | Prediction]:
        yield Prediction(np.zeros(volume.shape_kji, np.uint8), (), 0.0, "nothing", "1.0.0")


MODELS = ReadyModels((ReadyModel("nothing", "1.0.0", SeriesRole.NCCT, False, SeesNothing()),))
damage = st.lists(st.tuples(st.integers(128, 1400), st.integers(0, 255)), max_size=10)
cut = st.none() | st.integers(0, 2000)


@pytest.mark.filterwarnings("ignore")  # pydicom says much about such files; processes ignore it too
@settings(max_examples=40, deadline=None)
@given(damages=st.lists(st.tuples(damage, cut), min_size=3, max_size=3))
def test_damaged_files_always_end_in_a_report_never_in_an_exception(
    tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[list[tuple[int, int]], int | None]]
) -> None:
    files = write_head_series(tmp_path_factory.mktemp("damaged"), SMALL)
    for file, (changes, length) in zip(files, damages, strict=True):
        file.write_bytes(damaged(file.read_bytes(), changes, length))
        with contextlib.suppress(UnreadableInstance):
            read_facts(file)
    *_, report = analyse_series(Asked(files, files[0].parent / "out"), MODELS)
    assert isinstance(report, SeriesReport)
    assert report.why or report.state == "analysed"


def damaged(content: bytes, changes: list[tuple[int, int]], length: int | None) -> bytes:
    body = bytearray(content)
    for at, value in changes:
        if at < len(body):
            body[at] = value
    return bytes(body[:length])
