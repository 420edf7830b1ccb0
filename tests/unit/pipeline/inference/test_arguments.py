from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.inference.arguments import Arguments, arguments_of

NAMES = st.from_regex("[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)


@given(device=st.sampled_from(["auto", "cpu", "cuda:1"]), folders=st.lists(NAMES), also=st.lists(NAMES))
def test_the_child_reads_what_its_parent_wrote(device: str, folders: list[str], also: list[str]) -> None:
    given_to_it = Arguments(device, tuple(Path("/bundles") / one for one in folders), tuple(also))
    assert arguments_of(given_to_it.words()) == given_to_it
