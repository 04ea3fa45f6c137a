"""A form's fields: from a record's values to what stands in them, and back into a body as the owner reads it."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from werkzeug.datastructures import MultiDict

from libs.common import formatting
from services.console.adapters import hours
from services.console.adapters.words import Place, instant, said
from services.console.api.acts import EVERY, Field

Form = MultiDict[str, str]
BY_ITSELF = ("answers.", "question_sets.")  #: what is said of these names the question
OVER = said("That is over already. Press the button again if it was then.")
THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", re.ASCII)
DECIMAL_COMMA = re.compile(r"-?(\d*|[1-9]\d{0,2}(\.\d{3})+),\d+", re.ASCII)
BESIDE = r"[\r\n;,]"  #: what is between e-mail addresses, as people write them
#: what is between the entries of a list; a number's extension may stand behind a comma
LISTS = {"lines": r"[\r\n]", "several": BESIDE}
#: how a part of a calendar is written and read
CALENDAR = {"hours": (hours.shown, hours.read), "holidays": (hours.holidays_shown, hours.holidays_read)}


@dataclass(frozen=True)
class Shown:
    """A field as it stands on the page."""

    field: Field
    value: Any  #: text, or a list of texts for ``many``
    choices: tuple[tuple[str, str], ...] = ()
    error: str = ""
    now: str = ""  #: what somebody else has made of it meanwhile


class Unreadable(ValueError):
    """A value that cannot be what its field says; the text tells why."""


def begun(fields: Iterable[Field], record: Any, place: Place) -> dict[str, Any]:
    """What stands in each field at first: the record's value, else the field's own."""
    return {one.name: shown(one, found(record, one.parts), place) for one in fields}


def begun_elsewhere(fields: Iterable[Field], record: Any, place: Place) -> dict[str, Any]:
    """What stands in the fields of an act that does not edit the record, where the record knows it."""
    return {one.name: shown(one, found(record, one.begins.split(".")), place) for one in fields if one.begins}


def found(record: Any, parts: Iterable[str]) -> Any:
    for part in parts:
        record = record.get(part) if isinstance(record, Mapping) else None
    return record


def shown(field: Field, value: Any, place: Place) -> Any:
    """A value as its control takes it."""
    if value is None:
        return [] if field.kind == "many" else field.first
    if field.kind == "pairs":
        return "\n".join(f"{name} = {one}" for name, one in value.items())
    if field.kind == "moment":
        moment = instant(value)
        return place.local(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""
    if field.kind in LISTS:
        return "\n".join(_line(one) for one in value)
    if field.kind == "many":
        return [str(one) for one in value]
    if field.kind in CALENDAR:
        return CALENDAR[field.kind][0](value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def parted(text: str, between: str = BESIDE) -> list[str]:
    return [one.strip() for one in re.split(between, text) if one.strip()]


def _line(value: Any) -> str:
    return str(value.get("typed") or value.get("e164") or "") if isinstance(value, Mapping) else str(value)


def typed(fields: Iterable[Field], form: Form) -> dict[str, Any]:
    """What somebody typed, to stand in the form again."""
    return {one.name: form.getlist(one.name) if one.kind == "many" else form.get(one.name, "") for one in fields}


def body(fields: Iterable[Field], form: Form, place: Place, *, edits: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """The body, and what could not be read, by field. An edit says None for what was emptied; others leave it out."""
    built: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for one in fields:
        if one.kind == "file":
            continue
        try:
            value = _read(one, form, place)
        except Unreadable as why:
            wrong[one.name] = str(why)
            continue
        if value is None and not (edits and one.name in form):
            continue
        _put(built, one.parts, value)
    built = _without_nothing(built) if edits else built
    for one in fields:
        if one.emptied and one.name in form and not form[one.name].strip():
            _put(built, one.parts, None)
    return built, wrong


def over(fields: Iterable[Field], form: Form, place: Place) -> dict[str, str]:
    """The moments that are to be ahead and are not, by field; not those that were asked about and sent once more."""
    every = ((one.name, form.get(one.name, "").strip(), one) for one in fields if one.ahead)
    asked = (
        (name, _moment(one, text, place)) for name, text, one in every if text and text != form.get(f"{name}.over")
    )
    return {name: OVER for name, moment in asked if datetime.fromisoformat(moment) < place.now}


def stood(form: Form) -> dict[str, Any]:
    """What stood in each field when the form was drawn, as it carried it along; nothing where it did not."""
    try:
        return msgspec.json.decode(form.get("_was", ""), type=dict[str, str | list[str]])
    except msgspec.DecodeError:
        return {}


def other(fields: Iterable[Field], before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Field]:
    """The fields in which not the same stands."""
    return [one for one in fields if _plainly(before.get(one.name)) != _plainly(now[one.name])]


def whole(fields: Iterable[Field], some: Iterable[Field]) -> list[Field]:
    """Some of the fields, each with its whole part: an edit of an address says all of it."""
    roots = {one.parts[0] for one in some}
    return [one for one in fields if one.parts[0] in roots]


def _plainly(value: Any) -> Any:
    """Browsers end lines in their own way, and a box that is not ticked sends nothing."""
    if isinstance(value, list):
        return sorted(value)
    return {"false": "", None: ""}.get(value, str(value or "").replace("\r\n", "\n").strip())


def _put(built: dict[str, Any], parts: list[str], value: Any) -> None:
    for part in parts[:-1]:
        if built.get(part) is None:
            built[part] = {}
        built = built[part]
    built[parts[-1]] = value


def _without_nothing(built: dict[str, Any]) -> dict[str, Any]:
    """A part whose every field is empty is no part: an address without a word is none."""
    kept: dict[str, Any] = {}
    for name, value in built.items():
        if isinstance(value, dict):
            inner = {key: one for key, one in _without_nothing(value).items() if one is not None}
            kept[name] = inner or None
        else:
            kept[name] = value
    return kept


def _read(field: Field, form: Form, place: Place) -> Any:
    if field.kind == "many":
        return [one for one in form.getlist(field.name) if one] or None
    text = form.get(field.name, "").strip()
    if field.kind == "yes":
        return bool(text) if field.name in form or f"{field.name}.asked" in form else None
    if field.kind in LISTS:
        return parted(text, LISTS[field.kind]) if field.name in form else None
    if not text:
        return None
    return READERS.get(field.kind, _as_it_is)(field, text, place)


def _as_it_is(field: Field, text: str, _place: Place) -> Any:
    if field.kind in ("pick", "choice") and text in ("true", "false"):
        return text == "true"
    return text


def _whole(_field: Field, text: str, _place: Place) -> int:
    try:
        return int(text)
    except ValueError:
        raise Unreadable("is not a whole number") from None


def amount(text: str, place: Place) -> str:
    """As typed, without what people put before and between the digits; whether it is an amount says the owner.

    A comma goes only where it parts thousands: ``84,50`` is no 8450. ``.5`` is a half. In a branch that writes
    ``1.234,56``, the comma is the point, and ``1,250`` no thousand.
    """
    plain = "".join(one for one in text if one != "%" and not one.isspace() and unicodedata.category(one) != "Sc")
    plain = plain.replace("\N{MINUS SIGN}", "-")
    if place.decimal_comma and DECIMAL_COMMA.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    plain = f"0{plain}" if plain.startswith(".") else plain
    return plain.replace(",", "") if THOUSANDS.fullmatch(plain) else plain


def _amount(_field: Field, text: str, place: Place) -> str:
    return amount(text, place)


def _moment(_field: Field, text: str, place: Place) -> str:
    """A time as it is said in the branch. Raises Unreadable."""
    try:
        said = datetime.fromisoformat(text)
        moment = said if said.tzinfo else said.replace(tzinfo=place.zone)
        there = place.local(moment.astimezone(UTC))
    except (ValueError, OverflowError):  # the last evening that there is, is none any more elsewhere
        raise Unreadable("is not a day and a time") from None
    if said.tzinfo is None and there.replace(tzinfo=None) != said:
        raise Unreadable("is an hour that is left out that day: clocks go forward")
    return moment.isoformat()


def _calendar(field: Field, text: str, _place: Place) -> Any:
    try:
        return CALENDAR[field.kind][1](text)
    except ValueError as why:
        raise Unreadable(str(why)) from None


def _pairs(_field: Field, text: str, _place: Place) -> dict[str, str]:
    """``this = that``, one on a line."""
    pairs = [line.rpartition("=") for line in text.splitlines() if line.strip()]
    if not all(name.strip() and value.strip() for name, _, value in pairs):
        raise Unreadable("has a line that is not like this = that")
    return {name.strip(): value.strip() for name, _, value in pairs}


READERS = {
    "whole": _whole, "number": _amount, "money": _amount, "percent": _amount, "moment": _moment,
    "hours": _calendar, "holidays": _calendar, "pairs": _pairs,
}  # fmt: skip


def faults(problem: Mapping[str, Any], fields: Iterable[Field], kind: str = "") -> tuple[dict[str, str], list[str]]:
    """What a problem says: of each field, and what is of none of them, under what it is called in a record's forms."""
    names = [one.name for one in fields]
    of_fields: dict[str, str] = {}
    others: list[str] = []
    for fault in problem.get("errors") or ():
        pointer = str(fault.get("pointer") or "").strip("/?").replace("/", ".")
        text = str(fault.get("detail") or "")
        name = next((one for one in names if pointer == one or pointer.startswith(one + ".")), "")
        name = name or next((one for one in names if pointer and one.startswith(pointer + ".")), "")
        if name and name not in of_fields:
            of_fields[name] = text
        else:
            what = named(kind, pointer)[0] or pointer.replace("_", " ").replace(".", " ")
            others.append(text if name or not pointer or pointer.startswith(BY_ITSELF) else f"{what}: {text}")
    return of_fields, others


#: the forms in which a record's fields stand, by its kind; the first that has one says what it is called
WHERE = {
    "lead": ("lead.edit",),
    "opportunity": ("opportunity.edit", "opportunity.assign", "opportunity.qualification", "lead.edit"),
}


def named(kind: str, pointer: str) -> tuple[str, str, str]:
    """What a record's field is called, the form in which it stands, and its name there; nothing of what is in none."""
    name = pointer.strip("/?").replace("/", ".")
    for form in WHERE.get(kind, ()):
        for one in EVERY[form].fields:
            if one.name == name or one.name.startswith(f"{name}."):
                return one.label if one.name == name else formatting.plain(name), form, one.name
    return "", "", ""
