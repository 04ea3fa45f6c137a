"""What stands on paper, in one hand for every service. Every name can be printed: what the embedded font lacks comes
from another, or plain."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from libs.common import formatting
from libs.common.contracts.parts import Answered
from libs.common.formatting import Say, said

FONT, BOLD, EAST = "Vera", "VeraBd", "STSong-Light"  # they come with reportlab
MARGIN, WIDTH = 48, 516
LONGEST = 5000  #: of one text on paper
BREAKS = 60  #: so many lines a text keeps; thousands of them in a table take minutes to lay out


@dataclass(frozen=True)
class Part:
    """One part of a sheet: a table under its heading or, without columns, a text a row. The first column is wide."""

    heading: str
    rows: Sequence[Sequence[str]]
    columns: Sequence[str] = ()


@dataclass(frozen=True)
class Sheet:
    """What somebody takes along, in words of their language: what of, what to know at once, and then part by part.

    ``facts`` are labels and values, ``say`` is the language that the words are of, ``at`` since when it stands so.
    """

    say: Say
    at: datetime
    number: str
    heading: str
    title: str
    company: str
    company_lines: Sequence[str]
    facts: Sequence[tuple[str, str]]
    parts: Sequence[Part]


def letterhead(branch: Mapping[str, Any] | None) -> dict[str, Any]:
    """Whose paper it is, as a sheet says it."""
    known = branch or {}
    lines = (
        *formatting.address_lines(known.get("address")),
        formatting.phone(known.get("phone")),
        known.get("email") or "",
    )
    return {"company": str(known.get("name") or ""), "company_lines": lines}


def contact_line(contact: Mapping[str, Any]) -> str:
    """Whom to ask for and how to reach them, of a contact as records keep it."""
    names = dict.fromkeys((contact.get("name"), contact.get("company")))
    phones = (formatting.phone(one) for one in contact.get("phones") or ())
    return ", ".join(str(one) for one in (*names, *phones, *(contact.get("emails") or ())) if one)


def answer_parts(answers: Iterable[Answered], currency: str, say: Say) -> Iterator[Part]:
    """What was answered, a part a set of questions."""
    for name, some in groupby(answers, key=lambda one: one.question_set):
        rows = [(one.question, _answer(one, currency, say)) for one in some]
        yield Part(name, rows, (say(said("Question")), say(said("Answer"))))


def _answer(one: Answered, currency: str, say: Say) -> str:
    if one.type == "bool":
        return say(said("yes") if one.answer == "true" else said("no"))
    if one.type == "money":
        return formatting.amount(Decimal(one.answer), currency)
    return formatting.full_day(date.fromisoformat(one.answer), say) if one.type == "date" else one.answer


def sheet_pdf(sheet: Sheet) -> bytes:
    """The PDF of a sheet; a fact or a part that says nothing is left out."""
    return printed(_sheet(sheet), title=sheet.heading, author=sheet.company, say=sheet.say, at=sheet.at)


def _sheet(sheet: Sheet) -> Iterator[Any]:
    yield from head(sheet.company, sheet.company_lines, sheet.heading, sheet.title)
    for label, value in sheet.facts:
        if value.strip():
            yield text(f"<b>{marked(label)}</b>  {marked(value)}", 9)
    yield gap(10)
    for part in sheet.parts:
        if not part.rows:
            continue
        yield text(f"<b>{marked(part.heading)}</b>", 11)
        if part.columns:
            yield table([_cells(f"<b>{marked(one)}</b>" for one in part.columns), *map(_row, part.rows)], _widths(part))
        else:
            yield from (text(marked(line), 9) for row in part.rows for line in row)
        yield gap(12)


def _row(row: Sequence[str]) -> list[Any]:
    return _cells(marked(one) for one in row)


def _cells(row: Iterable[str]) -> list[Any]:
    return [text(one, 9) for one in row]


def _widths(part: Part) -> list[float]:
    narrow = len(part.columns) - 1
    wide = WIDTH if not narrow else WIDTH / 2
    return [wide, *([(WIDTH - wide) / narrow] * narrow if narrow else [])]


# -- what papers are made of


def printed(story: Iterable[Any], *, title: str, author: str, say: Say, at: datetime) -> bytes:
    """The PDF of what follows one another, its title at the foot of each page. Of the same the bytes are the same, so
    its date is ``at``, and not now."""
    from reportlab.lib.pagesizes import LETTER
    from reportlab.platypus import SimpleDocTemplate

    _fonts()
    out = BytesIO()
    paper = SimpleDocTemplate(
        out, pagesize=LETTER, title=_plain(title), author=_plain(author), subject=_plain(title), creator="Plumbline",
        invariant=1, lang=getattr(say, "language", "en"), displayDocTitle=1,
        leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
    )  # fmt: skip
    foot = _foot(title, say, at)
    paper.build(list(story), onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def head(company: str, company_lines: Iterable[str | None], heading: str, title: str) -> Iterator[Any]:
    """Whose paper it is, and what of."""
    yield text(f"<b>{marked(company)}</b>", 13)
    yield from (text(marked(line), 8) for line in company_lines if line)
    yield gap(18)
    yield text(f"<b>{marked(heading)}</b>", 16)
    yield text(marked(title), 10)
    yield gap(8)


def gap(points: float) -> Any:
    from reportlab.platypus import Spacer

    return Spacer(1, points)


def table(rows: Sequence[list[Any]], widths: Sequence[float]) -> Any:
    """Rows of texts, the first of them above each page's part."""
    from reportlab.lib import colors
    from reportlab.platypus import LongTable, TableStyle

    style: list[Any] = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
        ("LINEBELOW", (0, 1), (-1, -1), 0.2, colors.lightgrey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    return LongTable(rows, colWidths=widths, repeatRows=1, style=TableStyle(style), splitInRow=1)


def text(markup: str, size: int, right: bool = False) -> Any:
    """A paragraph of what ``marked`` has made printable."""
    from reportlab.lib.enums import TA_LEFT, TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "text",
        fontName=FONT,
        fontSize=size,
        leading=size * 1.35,
        alignment=TA_RIGHT if right else TA_LEFT,
        splitLongWords=1,
    )
    return Paragraph(markup, style)


def marked(words: str) -> str:
    """Text as a paragraph may hold it: escaped, and each run of characters in a font that has them."""
    known, runs = _fonts(), []
    *lines, rest = words[:LONGEST].split("\n", BREAKS)
    for one in "\n".join((*lines, rest.replace("\n", " "))):
        if ord(one) in known or one in "\n\t ":
            runs.append(("", "<br/>" if one == "\n" else escape(one)))
        elif unicodedata.east_asian_width(one) in "WF" and ord(one) < 0x10000:
            runs.append((EAST, escape(one)))
        else:
            runs.append(("", escape(_nearest(one, known))))
    told, last = "", ""
    for font, one in runs:
        if font != last:
            told += ("</font>" if last else "") + (f'<font name="{font}">' if font else "")
            last = font
        told += one
    return told + ("</font>" if last else "")


@cache
def _fonts() -> frozenset[int]:
    """Makes the fonts known; returns the characters that the embedded one has."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont

    vera = TTFont(FONT, f"{FONT}.ttf")
    for font in (vera, TTFont(BOLD, f"{BOLD}.ttf")):
        pdfmetrics.registerFont(font)
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=FONT, boldItalic=BOLD)
    pdfmetrics.registerFont(UnicodeCIDFont(EAST))
    return frozenset(vera.face.charToGlyph)


def _nearest(one: str, known: frozenset[int]) -> str:
    """The letter without its marks; what cannot be seen is left out, what cannot be printed is a question mark."""
    if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"):
        return ""
    plain = "".join(part for part in unicodedata.normalize("NFKD", one) if ord(part) in known)
    return plain or "?"


def _printable(words: str) -> str:
    """What is drawn without a paragraph: in the one font, with nothing marked."""
    known = _fonts()
    return "".join(one if ord(one) in known else _nearest(one, known) for one in words)


def _plain(words: str) -> str:
    return "".join(one for one in words if one.isprintable() and not 0xD800 <= ord(one) <= 0xDFFF)


def _foot(title: str, say: Say, at: datetime) -> Any:
    def draw(canvas: Any, paper: Any) -> None:
        canvas.setDateFormatter(lambda *_: f"D:{at.astimezone(UTC):%Y%m%d%H%M%S}Z")
        canvas.setFont(FONT, 7)
        canvas.drawString(MARGIN, MARGIN / 2, _printable(title))
        canvas.drawRightString(
            paper.pagesize[0] - MARGIN, MARGIN / 2, _printable(say(said("Page %(n)s"), n=paper.page))
        )

    return draw
