"""A printed opinion: every word in three languages, nothing said that was not signed, Chinese readable."""

from __future__ import annotations

import base64
import io
import re
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest
from PIL import Image

from pipeline.database.opinions import StoredOpinion
from pipeline.domain.finding import HaemorrhageSite, Side
from pipeline.domain.opinion import (
    AspectsRegion,
    Content,
    CriticalCall,
    Haemorrhage,
    Ischaemia,
    Occlusion,
    Quality,
    Recommendation,
    Suggestion,
    Territory,
    Version,
)
from review_ui.opinions.pdf import opinion_pdf
from review_ui.opinions.printed import Printed, advised, on_blood, on_ischaemia, person, suggested, whose
from review_ui.opinions.words import words
from review_ui.printed_words import LANGUAGES
from review_ui.views import PatientView

NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
ID = UUID(int=7)
EVERYTHING = Content(
    Quality.LIMITED,
    Haemorrhage(True, frozenset(HaemorrhageSite), Side.LEFT, 12.3, 4.0, False),
    Ischaemia(True, Side.RIGHT, frozenset(Territory), frozenset({AspectsRegion.M1}), Occlusion.M2, 10.0, 25.0),
    frozenset(Recommendation),
    "Hématome <profond> & œdème.\n左侧基底节血肿。",
    CriticalCall("Dr Morvan", NOW, True),
)
SUGGESTED = Suggestion(Content(haemorrhage=Haemorrhage(True, volume_ml=11.9)), (("ich-ct", "0.3.0"),))


def picture() -> bytes:
    written = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(written, "PNG")
    return written.getvalue()


def printed(content: Content = EVERYTHING) -> Printed:
    versions = (Version(1, content, NOW, ID), Version(2, content, NOW, ID, "thin slices"))
    opinion = StoredOpinion(
        id=ID, case_id=ID, site_id="carhaix", author_id=ID, author="Dr Anne", revision=3, draft=None,
        suggested=SUGGESTED, versions=versions, begun_at=NOW, changed_at=NOW,
    )  # fmt: skip
    return Printed(
        opinion=opinion, version=versions[0], patient=PatientView("Zhang^San=张^三", "P1", "19500101", "M"),
        site_name="Carhaix", first_image_at=NOW, requester="Dr Morvan", question="?", pictures=(picture(),),
        printed_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_said_has_words_in(language: str) -> None:
    word = words(language)
    lines = [*whose(printed(), word), *on_blood(EVERYTHING, word), *on_ischaemia(EVERYTHING, word)]
    lines += advised(EVERYTHING, word)
    assert all(name and value for name, value in lines)
    for quality in Quality:
        assert dict(advised(replace(EVERYTHING, quality=quality), word))[word["quality"]]
    for occlusion in Occlusion:
        found = replace(EVERYTHING, ischaemia=Ischaemia(occlusion=occlusion))
        assert dict(on_ischaemia(found, word))[word["occlusion"]]
    for side in Side:
        assert dict(on_blood(replace(EVERYTHING, haemorrhage=Haemorrhage(True, side=side)), word))[word["side"]]
    assert all(said.strip() for said in word.values())


def test_what_was_not_said_is_not_printed_as_absent() -> None:
    word = words("en")
    assert list(on_ischaemia(Content(), word)) == [("Present", "not stated")]
    denied = Content(haemorrhage=Haemorrhage(present=False, volume_ml=3.0))
    assert list(on_blood(denied, word)) == [("Present", "no")]


def test_a_score_of_ten_is_said_and_a_ratio_follows() -> None:
    word = words("fr")
    whole = dict(on_ischaemia(Content(ischaemia=Ischaemia(aspects=frozenset())), word))
    assert whole["Score ASPECTS"] == "10"
    lines = dict(on_ischaemia(EVERYTHING, word))
    assert (lines["Score ASPECTS"], lines["Rapport de mismatch"]) == ("9 (M1)", "2,5")


def test_what_a_model_suggested_stands_beside_what_was_signed() -> None:
    rows = list(suggested(SUGGESTED, EVERYTHING, words("en")))
    assert rows[1] == ("Intracranial haemorrhage – Volume (mL)", "11.9", "12.3")


def test_a_name_is_printed_with_all_its_groups() -> None:
    assert person("Zhang^XiaoDong=张^小东=") == "Zhang XiaoDong / 张 小东"
    assert person("LE GALL^Anne^^Dr") == "LE GALL Anne Dr"


def text_of(pdf: bytes) -> str:
    """What the pages draw, letter by letter: runs in STSong-Light are UTF-16, the others WinAnsi (CP 1252)."""
    fonts = dict(re.findall(rb"/(F\d+(?:\+\d+)?) (\d+) 0 R", pdf))
    chinese = {name for name, number in fonts.items() if b"STSong" in object_of(pdf, number)}
    said = []
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            drawn = zlib.decompress(base64.a85decode(packed.strip().removesuffix(b"~>")))
        except (ValueError, zlib.error):
            continue  # a picture
        font = b""
        for found in re.finditer(rb"/(F\d+(?:\+\d+)?) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", drawn, re.DOTALL):
            font = found[1] or font
            if found[2] is not None:
                said.append(plain(found[2]).decode("utf-16-be" if font in chinese else "cp1252", "replace"))
    return "".join(said)


def object_of(pdf: bytes, number: bytes) -> bytes:
    found = re.search(rb"\n" + number + rb" 0 obj(.*?)endobj", pdf, re.DOTALL)
    return found[1] if found else b""


def plain(escaped: bytes) -> bytes:
    """A string of PDF without its escapes (ISO 32000-1 section 7.3.4.2)."""
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def meant(one: re.Match[bytes]) -> bytes:
        return bytes([int(one[1], 8)]) if one[1].isdigit() else named.get(one[1], one[1])

    return re.sub(rb"\\([0-7]{1,3}|.)", meant, escaped, flags=re.DOTALL)


def test_chinese_that_is_not_in_the_file_can_be_copied_out_and_its_absence_is_said() -> None:
    said = text_of(opinion_pdf(printed(), "en", fonts=()))
    assert "Zhang San / 张 三" in said
    assert "左侧基底节血肿。" in said
    assert words("en")["not_embedded"] in said
    chinese = text_of(opinion_pdf(printed(), "zh", fonts=()))
    assert "颅内出血 / Intracranial haemorrhage" in chinese  # readable where no Chinese font is
    assert "not in it" in chinese


def test_a_file_without_chinese_says_nothing_of_fonts() -> None:
    plainly = replace(printed(replace(EVERYTHING, conclusion="")), patient=PatientView("LE GALL^Anne", "P1", "", "F"))
    assert words("fr")["not_embedded"][:20] not in text_of(opinion_pdf(plainly, "fr", fonts=()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_is_a_pdf_whose_chinese_needs_no_font_of_ours(language: str) -> None:
    made = opinion_pdf(printed(), language, fonts=())
    assert made.startswith(b"%PDF-")
    assert b"STSong-Light" in made
    assert b"/Subtype /Image" in made
    assert b"Zhang" not in made.split(b"/Title")[-1][:80]  # the file's own title says nothing of the patient
