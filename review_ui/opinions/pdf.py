"""A signed opinion as a PDF, with its key images.

What Helvetica cannot write is set in a Chinese font. Where this machine has one it goes into the file; else
it is STSong-Light (Adobe-GB1), which the reader's own machine must bring, as those that read Chinese do. Where
that is missing the letters stay blank, so the file says so in Latin letters, and a Chinese one says its own
words in English too.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import CondPageBreak, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from review_ui.opinions.printed import (
    Lines,
    Printed,
    advised,
    moment,
    on_blood,
    on_ischaemia,
    person,
    suggested,
    versions,
    whose,
)
from review_ui.opinions.words import words

FONTS = (
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
    Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"),
    Path("/usr/share/fonts/truetype/arphic/uming.ttc"),
)
"""Where Debian's packages put Chinese fonts with outlines that can be embedded."""
_LATIN, _BOLD = "Helvetica", "Helvetica-Bold"
_FROM_READER = "STSong-Light"
_MARGIN = 18 * mm
_WIDTH = A4[0] - 2 * _MARGIN - 12  # the frame keeps 6 pt on each side
_BANNER = colors.HexColor("#7a1f1f")
_RULE = colors.HexColor("#b8c0c8")
_BASIC_PLANE = 0xFFFF


def opinion_pdf(one: Printed, language: str, fonts: Sequence[Path] = FONTS) -> bytes:
    """The PDF, in one of `review_ui.printed_words.LANGUAGES`; ``fonts`` are tried in their order."""
    wide = _wide_font(fonts)
    embedded = wide != _FROM_READER
    word, page = words(language) if embedded else _readable_anywhere(language), _Page(language, wide)
    written = io.BytesIO()
    document = SimpleDocTemplate(
        written, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=24 * mm, bottomMargin=20 * mm,
        title="NeuroVigie", author="NeuroVigie", lang=language,
    )  # fmt: skip
    draw = _around(one, word, wide)
    story = list(_story(one, word, page))
    if page.is_wide and not embedded:
        story[1:1] = [page.says(word["not_embedded"], "small")]
    document.build(story, onFirstPage=draw, onLaterPages=draw)
    return written.getvalue()


def _readable_anywhere(language: str) -> dict[str, str]:
    """The words of a file whose Chinese may stay blank: those in Chinese have the English ones beside them."""
    said = words(language)
    if language != "zh":
        return said
    english = words("en")
    return {key: text if text == english[key] else f"{text} / {english[key]}" for key, text in said.items()}


def _wide_font(fonts: Sequence[Path]) -> str:
    """The name of a font for what Helvetica lacks, known to reportlab from now on."""
    found = next((path for path in fonts if path.is_file()), None)
    name = f"embedded-{found.stem}" if found else _FROM_READER
    if name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(name, str(found)) if found else UnicodeCIDFont(name))
    return name


class _Page:
    """Paragraphs and tables in one language's manner of breaking lines; ``wide`` is for what Helvetica lacks."""

    def __init__(self, language: str, wide: str) -> None:
        self._wide = wide
        self.is_wide = False  # whether any of it needs the Chinese font
        breaking = {"wordWrap": "CJK"} if language == "zh" else {"splitLongWords": 1}
        self._styles = {
            name: ParagraphStyle(
                name, fontName=font, fontSize=size, leading=size * 1.35, spaceBefore=before, **breaking
            )
            for name, font, size, before in (
                ("title", _BOLD, 15, 0),
                ("heading", _BOLD, 11, 8),
                ("text", _LATIN, 9.5, 0),
                ("strong", _BOLD, 9.5, 0),
                ("small", _LATIN, 8, 2),
            )
        }

    def says(self, text: str, style: str = "text") -> Paragraph:
        chosen = self._styles[style]
        self.is_wide |= any(wide for wide, _ in _runs(text))
        return Paragraph(_in_fonts(text, self._wide), chosen)

    def table(self, rows: Iterable[Sequence[str]], shares: Sequence[float], head: bool = False) -> Table:  # noqa: FBT001, FBT002
        cells = [
            [
                self.says(text, "strong" if column == 0 or (head and row == 0) else "text")
                for column, text in enumerate(one)
            ]
            for row, one in enumerate(rows)
        ]
        made = Table(cells, colWidths=[share * _WIDTH for share in shares])
        made.setStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
        return made

    def section(self, heading: str, lines: Lines) -> KeepTogether:
        return KeepTogether([self.says(heading, "heading"), Spacer(1, 2), self.table(lines, (0.34, 0.66))])


def _story(one: Printed, word: Mapping[str, str], page: _Page) -> Iterator[Any]:
    yield page.says(word["title"], "title")
    yield Spacer(1, 6)
    if one.version.number < len(one.opinion.versions):
        yield page.says(word["superseded"], "strong")
        yield Spacer(1, 4)
    content = one.version.content
    yield page.table(whose(one, word), (0.34, 0.66))
    yield page.section(word["recommendations"], advised(content, word))
    yield page.section(word["haemorrhage"], on_blood(content, word))
    yield page.section(word["ischaemia"], on_ischaemia(content, word))
    yield from _models(one, word, page)
    rows = [(word["version"], word["signed_at"], word["why"]), *versions(one.opinion)]
    yield KeepTogether([page.says(word["versions"], "heading"), page.table(rows, (0.14, 0.36, 0.5), head=True)])
    yield from _pictures(one, word, page)


def _models(one: Printed, word: Mapping[str, str], page: _Page) -> Iterator[Any]:
    yield page.says(word["ai"], "heading")
    known = one.opinion.suggested
    if known is None:
        yield page.says(word["ai_none"], "small")
        return
    yield page.says(f"{word['ai_models']}: {', '.join(' '.join(model) for model in known.models)}", "small")
    rows = [("", word["ai_suggested"], word["ai_signed"]), *suggested(known, one.version.content, word)]
    yield page.table(rows, (0.5, 0.25, 0.25), head=True)
    yield page.says(word["ai_note"], "small")


def _pictures(one: Printed, word: Mapping[str, str], page: _Page) -> Iterator[Any]:
    if not one.pictures:
        return
    yield CondPageBreak(150 * mm)
    yield page.says(word["key_images"], "heading")
    yield page.says(word["key_images_note"], "small")
    for picture in one.pictures:
        columns, rows = ImageReader(io.BytesIO(picture)).getSize()
        width = min(_WIDTH * 0.62, 105 * mm * columns / rows)
        yield Spacer(1, 6)
        yield Image(io.BytesIO(picture), width=width, height=width * rows / columns)


def _around(one: Printed, word: Mapping[str, str], font: str) -> Callable[[Any, Any], None]:
    """What stands on every page: the banner above, and below whose it is, which version and which page."""
    name = person(one.patient.name)
    below = f"{name} · {one.opinion.id} v{one.version.number} · {word['printed']} {moment(one.printed_at)}"

    def draw(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFillColor(_BANNER)
        _line(canvas, font, word["research"], _MARGIN, A4[1] - 14 * mm, 10)
        canvas.setFillColor(colors.black)
        _line(canvas, font, f"{below} · {word['page']} {document.page}", _MARGIN, 11 * mm, 7.5)
        canvas.restoreState()

    return draw


def _line(canvas: Any, wide_font: str, text: str, x: float, y: float, size: float) -> None:
    for wide, run in _runs(text):
        font = wide_font if wide else _LATIN
        canvas.setFont(font, size)
        canvas.drawString(x, y, run)
        x += pdfmetrics.stringWidth(run, font, size)


def _in_fonts(text: str, wide_font: str) -> str:
    """The text as reportlab's markup, each run in a font that has its letters."""
    runs = (f'<font name="{wide_font}">{escape(run)}</font>' if wide else escape(run) for wide, run in _runs(text))
    return "".join(runs).replace("\n", "<br/>")


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces: what Helvetica has, and what only the Chinese font has."""
    printable = "".join(one if ord(one) <= _BASIC_PLANE else "\N{REPLACEMENT CHARACTER}" for one in text)
    for wide, letters in groupby(printable, key=_is_wide):
        yield wide, "".join(letters)


def _is_wide(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return True
    return False
