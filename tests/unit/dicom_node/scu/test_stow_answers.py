"""What a DICOMweb service answers is believed object by object, and nothing else is taken for success."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_node.scu.outgoing import Outgoing
from dicom_node.scu.stow import outcomes_of
from pipeline.domain.errors import PeerUnreachable

UIDS = ("1.2.1", "1.2.2")
FILES = [Outgoing(Path(uid), "1.2", uid, "1.2.840.10008.1.2.1", 0, whole=True) for uid in UIDS]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(UIDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["00081199", "00081198", "00081155", "00081197", "Value", "vr"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from([200, 202, 409, 204, 301, 400, 401, 413, 500, 503]), JSON)
def test_no_answer_however_odd_breaks_us_or_passes_for_success(status: int, answer: Any) -> None:
    body = json.dumps(answer)
    try:
        found = outcomes_of(FILES, httpx.Response(status, text=body))
    except PeerUnreachable:
        return
    assert set(found) == {file.path for file in FILES}
    for path, one in found.items():
        assert one.stored or one.why
        if one.stored:
            assert status in {200, 202, 409}
            assert f'"{path}"' in body
            assert "00081199" in body


@pytest.mark.parametrize("body", [{}, [{}]])
def test_the_list_may_stand_alone_or_in_an_array(body: Any) -> None:
    stored = {"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2.1"]}}]}}
    answer = [stored] if isinstance(body, list) else stored
    found = outcomes_of(FILES, httpx.Response(202, json=answer))
    assert [one.stored for one in found.values()] == [True, False]


def test_an_object_both_stored_and_failed_is_not_stored() -> None:
    item = {"00081155": {"Value": ["1.2.1"]}, "00081197": {"Value": [0xA700]}}
    answer = {"00081199": {"Value": [item]}, "00081198": {"Value": [item]}}
    first = outcomes_of(FILES[:1], httpx.Response(200, json=answer))[Path("1.2.1")]
    assert (first.stored, first.why) == (False, "the service refused it (failure reason A700)")
