"""A QIDO-RS search as it is written in an address, and links to other viewers."""

from __future__ import annotations

import contextlib
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_node.query.request import Level
from review_ui.dicomweb.pictures import read_picture
from review_ui.dicomweb.searching import MOST_MATCHES, Search, read_search
from review_ui.dicomweb.viewers import OtherViewers
from review_ui.http.cross_origin import origin_of
from review_ui.http.problems import Problem


def search(*asked: tuple[str, str], within: dict[str, str] | None = None) -> Search:
    return read_search(Level.STUDY, asked, within or {})


def test_keys_are_named_by_keyword_or_by_tag() -> None:
    assert search(("PatientID", "1"), ("0020000D", "1.2,1.3")).query.matching == {
        "PatientID": "1",
        "StudyInstanceUID": "1.2\\1.3",
    }


def test_a_key_cannot_widen_the_study_of_the_address() -> None:
    widened = search(("StudyInstanceUID", "1.3"), within={"StudyInstanceUID": "1.2"})
    assert widened.query.matching["StudyInstanceUID"] not in {"1.2", "1.3"}
    same = search(("StudyInstanceUID", "1.3,1.2"), within={"StudyInstanceUID": "1.2"})
    assert same.query.matching["StudyInstanceUID"] == "1.2"


def test_what_is_not_done_is_said() -> None:
    found = search(("fuzzymatching", "true"), ("00400275.00400009", "x"), ("limit", "999999"))
    assert len(found.remarks) == 2
    assert found.limit == MOST_MATCHES


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=5))
def test_any_parameters_are_a_search_or_refused(asked: list[tuple[str, str]]) -> None:
    with contextlib.suppress(Problem):
        assert search(*asked).limit <= MOST_MATCHES


@pytest.mark.parametrize("window", ["a,b", "1", "1,0", "1,2,sigmoid", "nan,5", "1,inf"])
def test_a_window_that_is_none_is_refused(window: str) -> None:
    with pytest.raises(Problem):
        read_picture({"window": window}, "image/png")


def test_links_carry_the_token_and_nothing_of_the_patient() -> None:
    viewers = OtherViewers("https://ohif.example/", weasis=True)
    assert viewers.names == ["ohif", "weasis"]
    ohif = viewers.link("ohif", "1.2", "secret", "https://nv/dicom-web")
    assert ohif == "https://ohif.example/viewer?StudyInstanceUIDs=1.2&token=secret"
    weasis = unquote(viewers.link("weasis", "1.2", "secret", "https://nv/dicom-web"))
    assert weasis.startswith('weasis://$dicom:rs --url "https://nv/dicom-web" -r "studyUID=1.2"')
    assert '-H "Authorization: Bearer secret"' in weasis
    assert OtherViewers().names == []


def test_the_origin_of_a_viewer_is_what_browsers_send() -> None:
    assert origin_of("https://OHIF.example:8443/viewer/") == "https://ohif.example:8443"
    assert origin_of("") == ""
