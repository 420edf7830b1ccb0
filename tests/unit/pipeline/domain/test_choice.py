from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.character import Kernel, SeriesCharacter
from pipeline.domain.choice import DIFFUSION, NON_CONTRAST_CT, Candidate, Criterion, choose, choose_beside
from pipeline.domain.role import Recognition, SeriesRole
from pipeline.domain.same_view import View

THIN = SeriesCharacter(200, Kernel.SOFT, contrast=False, thickness_mm=0.6, whole_head=True)


def candidate(name: str, character: SeriesCharacter = THIN, role: SeriesRole = SeriesRole.NCCT) -> Candidate:
    return Candidate(name, Recognition(role, "because", 0.95), character)


def test_thin_comes_before_thick_and_the_runner_up_says_why() -> None:
    thick = candidate("1", replace(THIN, thickness_mm=5, images=30))
    choice = choose([thick, candidate("2")], NON_CONTRAST_CT)
    assert choice.chosen is not None
    assert choice.chosen.candidate.SeriesInstanceUID == "2"
    assert choice.chosen.why == "in thinner slices"
    assert [one.why for one in choice.runners_up] == ["the chosen one is in thinner slices"]


def test_a_soft_kernel_comes_before_thin_slices_and_a_whole_head_before_both() -> None:
    bone = candidate("bone", replace(THIN, kernel=Kernel.BONE))
    soft = candidate("soft", replace(THIN, thickness_mm=5))
    half = candidate("half", replace(THIN, whole_head=False))
    choice = choose([half, bone, soft], NON_CONTRAST_CT)
    assert choice.chosen is not None
    assert choice.chosen.candidate is soft
    assert [one.candidate for one in choice.runners_up] == [bone, half]
    assert choice.runners_up[0].why == "the chosen one is reconstructed for soft tissue"


def test_series_that_cannot_be_read_are_kept_with_the_reason() -> None:
    angiography = candidate("cta", role=SeriesRole.CTA)
    unsure = replace(candidate("unsure"), recognition=Recognition(SeriesRole.NCCT, "words", 0.3))
    coarse = candidate("coarse", replace(THIN, thickness_mm=12))
    choice = choose([angiography, unsure, coarse], NON_CONTRAST_CT)
    assert choice.chosen is None
    assert [one.why for one in choice.not_read] == [
        "its slices of 12 mm are outside 0 to 10 mm",
        "its role is cta, not ncct",
        "its role is too uncertain (0.30)",
    ]


def test_a_bundle_may_refuse_what_it_was_not_made_for() -> None:
    strict = replace(NON_CONTRAST_CT, refused=frozenset({Criterion.SOFT_KERNEL}))
    choice = choose([candidate("bone", replace(THIN, kernel=Kernel.BONE))], strict)
    assert choice.chosen is None
    assert choice.not_read[0].why == "it is not reconstructed for soft tissue"


def test_a_better_series_of_another_acquisition_takes_nobodys_place() -> None:
    bone = candidate("bone", replace(THIN, kernel=Kernel.BONE))
    there = View("1.2", (0.0, 9.0), (0.0, 0.0, 1.0), 0.0, 150.0, whole_head=True)
    repeated = replace(there, acquired_s=(60.0, 69.0))
    same, other = replace(candidate("soft"), view=there), replace(candidate("later"), view=repeated)
    mine = replace(bone, view=there)
    for others, chosen in (([other], mine), ([other, same], same)):
        choice = choose_beside(mine, others, NON_CONTRAST_CT)
        assert choice.chosen is not None
        assert choice.chosen.candidate is chosen


def test_what_decided_is_kept_as_codes_that_can_be_translated() -> None:
    bone = candidate("bone", replace(THIN, kernel=Kernel.BONE))
    choice = choose([bone, candidate("soft")], NON_CONTRAST_CT)
    assert choice.chosen is not None
    assert choice.chosen.criteria == choice.runners_up[0].criteria == (Criterion.SOFT_KERNEL,)


def test_the_only_one_needs_no_comparison() -> None:
    choice = choose([candidate("dwi", role=SeriesRole.DWI)], DIFFUSION)
    assert choice.chosen is not None
    assert choice.chosen.why == "the only dwi series that can be read"


characters = st.builds(
    SeriesCharacter,
    images=st.integers(1, 600),
    kernel=st.sampled_from(Kernel),
    contrast=st.sampled_from([None, False, True]),
    thickness_mm=st.sampled_from([None, 0.6, 1.25, 5.0]),
    whole_head=st.sampled_from([None, False, True]),
    motion=st.sampled_from([None, False, True]),
)


@given(st.lists(characters, min_size=1, max_size=6))
def test_the_order_of_arrival_never_changes_the_choice(given_characters: list[SeriesCharacter]) -> None:
    candidates = [candidate(str(number), one) for number, one in enumerate(given_characters)]
    shuffled = candidates[::-1]
    assert choose(candidates, NON_CONTRAST_CT) == choose(shuffled, NON_CONTRAST_CT)


@given(st.lists(characters, min_size=1, max_size=6))
def test_nothing_is_lost_in_a_choice(given_characters: list[SeriesCharacter]) -> None:
    candidates = [candidate(str(number), one) for number, one in enumerate(given_characters)]
    choice = choose(candidates, NON_CONTRAST_CT)
    kept = [
        one.candidate for one in (*choice.runners_up, *choice.not_read, *([choice.chosen] if choice.chosen else []))
    ]
    assert sorted(one.SeriesInstanceUID for one in kept) == sorted(one.SeriesInstanceUID for one in candidates)
