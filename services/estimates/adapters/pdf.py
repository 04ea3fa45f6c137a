"""An offer on paper."""

import base64
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from libs.common.formatting import Say, english, said
from libs.common.pdf import LONGEST, gap, head, marked, printed, table, text

SIGNED = 160, 60  #: points that a signature may take
COLUMNS = (said("Description"), said("Quantity"), said("Price"), said("Amount"))


def estimate_pdf(offer: Mapping[str, Any], say: Say = english) -> bytes:
    """The PDF of what usecases.showing says of an offer."""
    return printed(_story(offer, say), title=_heading(offer, say), author=offer["company"], say=say, at=offer["at"])


def _heading(offer: Mapping[str, Any], say: Say) -> str:
    return say(said("Estimate %(number)s"), number=offer["number"])


def _story(offer: Mapping[str, Any], say: Say) -> Iterator[Any]:
    yield from head(offer["company"], offer["company_lines"], _heading(offer, say), offer["title"])
    facts = (
        (said("For: %(who)s"), "who", offer["customer"]),
        (said("At: %(where)s"), "where", ", ".join(offer["site_lines"])),
        (said("Holds until: %(day)s"), "day", "" if offer["accepted"] else offer["valid_until"]),
    )
    yield from (text(marked(say(one, **{name: value})), 9) for one, name, value in facts if value)
    yield gap(10)
    for option in offer["options"]:
        if not offer["accepted"] or option["accepted"]:
            yield from _option(option, offer, say)
    done = offer["accepted"]
    if done:
        accepted = said("Accepted by %(who)s on %(day)s for %(total)s.")
        yield text(f"<b>{marked(say(accepted, who=done['typed_name'], day=done['on'], total=done['total']))}</b>", 10)
        if done["cancel_until"]:
            yield text(marked(say(said("You can cancel until the end of %(day)s."), day=done["cancel_until"])), 10)
        if done["signature"]:
            yield _drawn(done["signature"])
        yield text(marked(say(said("Confirmation %(number)s"), number=offer["number"])), 8)
    for name, label in (("notes", said("Notes")), ("terms", said("Terms"))):
        if offer[name].strip():
            yield text(f"<b>{marked(say(label))}</b>", 10)
            yield from (text(marked(line), 8) for line in offer[name][:LONGEST].splitlines())


def _drawn(signature: str) -> Any:
    """What was signed, as wide as somebody writes."""
    from reportlab.platypus import Image

    picture = BytesIO(base64.b64decode(signature.partition(",")[2]))
    return Image(picture, width=SIGNED[0], height=SIGNED[1], kind="proportional", hAlign="LEFT", mask="auto")


def _option(option: Mapping[str, Any], offer: Mapping[str, Any], say: Say) -> Iterator[Any]:
    yield text(f"<b>{marked(option['name'])}</b>", 11)
    if option["description"]:
        yield text(marked(option["description"]), 8)
    rows = [_row(*(marked(say(one)) for one in COLUMNS))]
    rows += [_line(line) for line in option["lines"]]
    extras = [line for line in option["add_ons"] if not offer["accepted"] or line["chosen"]]
    if extras:
        chosen, possible = said("Chosen additions"), said("Possible additions, not in the total")
        rows.append(_row(f"<b>{marked(say(chosen if offer['accepted'] else possible))}</b>"))
        rows += [_line(line) for line in extras]
    rows += [_row("", "", label, value) for label, value in _totals(option, offer, say)]
    yield table(rows, [246, 70, 110, 90])
    yield gap(12)


def _totals(option: Mapping[str, Any], offer: Mapping[str, Any], say: Say) -> Iterator[tuple[str, str]]:
    totals = option["totals"]
    yield marked(say(said("Subtotal"))), totals["subtotal"]
    if option["has_discount"]:
        yield marked(say(said("Discount"))), f"− {totals['discount']}"
    for tax in option["taxes"]:
        included = offer["prices_include_tax"]
        yield marked(say(said("Included: %(tax)s"), tax=tax["name"]) if included else tax["name"]), tax["tax"]
    yield f"<b>{marked(say(said('Total')))}</b>", f"<b>{totals['total']}</b>"
    if option["has_deposit"]:
        yield marked(say(said("Deposit"))), totals["deposit"]
        yield marked(say(said("Balance"))), totals["balance"]


def _line(line: Mapping[str, Any]) -> list[Any]:
    told = marked(line["name"])
    for more in (line["more"][:LONGEST], line["off"]):
        told += f'<br/><font size="7">{marked(more)}</font>' if more else ""
    return _row(told, line["qty"], line["unit_price"], line["amount"])


def _row(first: str, *numbers: str) -> list[Any]:
    return [text(first, 9), *(text(one, 9, right=True) for one in (*numbers, "", "", "")[:3])]
