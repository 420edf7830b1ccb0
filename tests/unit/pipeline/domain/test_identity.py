"""What a second arrival under one SOPInstanceUID is."""

from __future__ import annotations

from dataclasses import replace

from pipeline.domain.identity import InstanceContent, PatientIdentity, SameInstance, compare

JANE = PatientIdentity("P1", "", "Doe^Jane", "19500101", "F")
FIRST = InstanceContent("bytes", "pixels", JANE)


def test_the_same_bytes_are_a_duplicate() -> None:
    assert compare(FIRST, FIRST) is SameInstance.DUPLICATE


def test_the_same_pixels_with_other_demographics_are_an_identity_correction() -> None:
    renamed = replace(FIRST, sha256="other", identity=replace(JANE, PatientName="Doe^Janet"))
    assert compare(FIRST, renamed) is SameInstance.IDENTITY_CORRECTION


def test_other_pixels_are_a_conflict() -> None:
    assert compare(FIRST, replace(FIRST, sha256="other", pixel_sha256="others")) is SameInstance.CONFLICT


def test_other_bytes_with_the_same_demographics_are_a_conflict() -> None:
    assert compare(FIRST, replace(FIRST, sha256="other")) is SameInstance.CONFLICT


def test_objects_without_pixels_are_never_taken_for_an_identity_correction() -> None:
    renamed = InstanceContent("other", None, replace(JANE, PatientID="P2"))
    assert compare(replace(FIRST, pixel_sha256=None), renamed) is SameInstance.CONFLICT
