"""An offer on paper. Every name can be printed: what the embedded font lacks comes from another, or plain."""

import base64
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from libs.common.spoken import Say, english, said

FONT, BOLD, EAST = "Vera", "VeraBd", "STSong-Light"  # they come with reportlab
MARGIN = 48
SIGNED = 160, 60  #: points that a signature may take
LONGEST = 5000  #: of one text on paper
COLUMNS = (said("Description"), said("Quantity"), said("Price"), said("Amount"))


def estimate_pdf(offer: Mapping[str, Any], say: Say = english) -> bytes:
    """The PDF of what usecases.showing says of an offer."""
    from reportlab.lib.pagesizes import LETTER
    from reportlab.platypus import SimpleDocTemplate

    _fonts()
    out = BytesIO()
    title = say(said("Estimate %(number)s"), number=offer["number"])
    paper = SimpleDocTemplate(
        out, pagesize=LETTER, title=_plain(title), author=_plain(offer["company"]), invariant=1,
        leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
    )  # fmt: skip
    paper.build(list(_story(offer, say)), onFirstPage=_foot(title, say), onLaterPages=_foot(title, say))
    return out.getvalue()


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


def _story(offer: Mapping[str, Any], say: Say) -> Iterator[Any]:
    yield from _head(offer, say)
    for option in offer["options"]:
        if not offer["accepted"] or option["accepted"]:
            yield from _option(option, offer, say)
    done = offer["accepted"]
    if done:
        accepted = said("Accepted by %(who)s on %(day)s for %(total)s.")
        yield _text(f"<b>{_marked(say(accepted, who=done['typed_name'], day=done['on'], total=done['total']))}</b>", 10)
        if done["signature"]:
            yield _drawn(done["signature"])
        yield _text(_marked(say(said("Confirmation %(number)s"), number=done["id"])), 8)
    for name, label in (("notes", said("Notes")), ("terms", said("Terms"))):
        if offer[name].strip():
            yield _text(f"<b>{_marked(say(label))}</b>", 10)
            yield from (_text(_marked(line), 8) for line in offer[name][:LONGEST].splitlines())


def _drawn(signature: str) -> Any:
    """What was signed, as wide as somebody writes."""
    from reportlab.platypus import Image

    picture = BytesIO(base64.b64decode(signature.partition(",")[2]))
    return Image(picture, width=SIGNED[0], height=SIGNED[1], kind="proportional", hAlign="LEFT", mask="auto")


def _head(offer: Mapping[str, Any], say: Say) -> Iterator[Any]:
    from reportlab.platypus import Spacer

    yield _text(f"<b>{_marked(offer['company'])}</b>", 13)
    yield from (_text(_marked(line), 8) for line in offer["company_lines"] if line)
    yield Spacer(1, 18)
    yield _text(f"<b>{_marked(say(said('Estimate %(number)s'), number=offer['number']))}</b>", 16)
    yield _text(_marked(offer["title"]), 10)
    yield Spacer(1, 8)
    facts = (
        (said("For: %(who)s"), "who", offer["customer"]),
        (said("At: %(where)s"), "where", ", ".join(offer["site_lines"])),
        (said("Holds until: %(day)s"), "day", offer["valid_until"]),
    )
    yield from (_text(_marked(say(text, **{name: value})), 9) for text, name, value in facts if value)
    yield Spacer(1, 10)


def _option(option: Mapping[str, Any], offer: Mapping[str, Any], say: Say) -> Iterator[Any]:
    from reportlab.lib import colors
    from reportlab.platypus import LongTable, Spacer, TableStyle

    yield _text(f"<b>{_marked(option['name'])}</b>", 11)
    if option["description"]:
        yield _text(_marked(option["description"]), 8)
    rows = [_row(*(_marked(say(one)) for one in COLUMNS))]
    rows += [_line(line) for line in option["lines"]]
    extras = [line for line in option["add_ons"] if not offer["accepted"] or line["chosen"]]
    if extras:
        chosen, possible = said("Chosen additions"), said("Possible additions, not in the total")
        rows.append(_row(f"<b>{_marked(say(chosen if offer['accepted'] else possible))}</b>"))
        rows += [_line(line) for line in extras]
    rows += [_row("", "", label, value) for label, value in _totals(option, offer, say)]
    style: list[Any] = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
        ("LINEBELOW", (0, 1), (-1, -1), 0.2, colors.lightgrey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    yield LongTable(rows, colWidths=[246, 70, 110, 90], repeatRows=1, style=TableStyle(style), splitInRow=1)
    yield Spacer(1, 12)


def _totals(option: Mapping[str, Any], offer: Mapping[str, Any], say: Say) -> Iterator[tuple[str, str]]:
    totals = option["totals"]
    yield _marked(say(said("Subtotal"))), totals["subtotal"]
    if option["has_discount"]:
        yield _marked(say(said("Discount"))), f"− {totals['discount']}"
    for tax in option["taxes"]:
        included = offer["prices_include_tax"]
        yield _marked(say(said("Included: %(tax)s"), tax=tax["name"]) if included else tax["name"]), tax["tax"]
    yield f"<b>{_marked(say(said('Total')))}</b>", f"<b>{totals['total']}</b>"
    if option["has_deposit"]:
        yield _marked(say(said("Deposit"))), totals["deposit"]
        yield _marked(say(said("Balance"))), totals["balance"]


def _line(line: Mapping[str, Any]) -> list[Any]:
    text = _marked(line["name"])
    for more in (line["more"][:LONGEST], line["off"]):
        text += f'<br/><font size="7">{_marked(more)}</font>' if more else ""
    return _row(text, line["qty"], line["unit_price"], line["amount"])


def _row(first: str, *numbers: str) -> list[Any]:
    return [_text(first, 9), *(_text(one, 9, right=True) for one in (*numbers, "", "", "")[:3])]


def _text(markup: str, size: int, right: bool = False) -> Any:
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


def _marked(text: str) -> str:
    """Text as a paragraph may hold it: escaped, and each run of characters in a font that has them."""
    known, runs = _fonts(), []
    for one in text[:LONGEST]:
        if ord(one) in known or one in "\n\t ":
            runs.append(("", "<br/>" if one == "\n" else escape(one)))
        elif unicodedata.east_asian_width(one) in "WF" and ord(one) < 0x10000:
            runs.append((EAST, escape(one)))
        else:
            runs.append(("", escape(_nearest(one, known))))
    said, last = "", ""
    for font, one in runs:
        if font != last:
            said += ("</font>" if last else "") + (f'<font name="{font}">' if font else "")
            last = font
        said += one
    return said + ("</font>" if last else "")


def _nearest(one: str, known: frozenset[int]) -> str:
    """The letter without its marks; what cannot be seen is left out, what cannot be printed is a question mark."""
    if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"):
        return ""
    plain = "".join(part for part in unicodedata.normalize("NFKD", one) if ord(part) in known)
    return plain or "?"


def _printable(text: str) -> str:
    """What is drawn without a paragraph: in the one font, with nothing marked."""
    known = _fonts()
    return "".join(one if ord(one) in known else _nearest(one, known) for one in text)


def _plain(text: str) -> str:
    return "".join(one for one in text if one.isprintable() and not 0xD800 <= ord(one) <= 0xDFFF)


def _foot(title: str, say: Say) -> Any:
    def draw(canvas: Any, paper: Any) -> None:
        canvas.setFont(FONT, 7)
        canvas.drawString(MARGIN, MARGIN / 2, _printable(title))
        canvas.drawRightString(
            paper.pagesize[0] - MARGIN, MARGIN / 2, _printable(say(said("Page %(n)s"), n=paper.page))
        )

    return draw
