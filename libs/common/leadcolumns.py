"""Which column of somebody else's file is which field of a lead, and the file's row as the body of ``POST /leads``."""

import unicodedata
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any

from libs.common import leadvalues
from libs.common.errors import Fault, Invalid
from libs.common.leadaliases import ALIASES, BESIDE, FIELD_OF
from libs.common.leadvalues import Where

WHOSE = {"person_name", "first_name", "last_name", "company", "phones", "emails", "external_id"}
ADDRESS = ("line1", "line2", "city", "region", "postal_code", "country")


@dataclass(frozen=True)
class Mapping:
    """``fields`` says what each known column is; ``unknown`` are kept with the lead as they are, and reported."""

    fields: dict[str, str]
    unknown: list[str]

    @property
    def nameless(self) -> bool:
        """No column could ever hold a name: such a file is imported under its own ids."""
        return not {"person_name", "first_name", "last_name", "company"} & set(self.fields.values())


def normalised(column: str) -> str:
    """``Person - Name``, ``person_name`` and ``PERSON NAME`` are one name."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", column).casefold()))


def mapping(headers: Sequence[str], own: Table[str, str] | None = None) -> Mapping:
    """``own`` is the user's word on single columns: a field's name, or ``extra``. It wins over what we would guess.

    Raises Invalid for what it cannot mean, and for a file where no column tells whose enquiry it is.
    """
    _check(headers, own or {})
    names = {normalised(column) for column in headers}
    fields = {}
    for column in headers:
        name = normalised(column)
        beside = next((field for (one, other), field in BESIDE.items() if one == name and other in names), None)
        field = (own or {}).get(column) or beside or FIELD_OF.get(name)
        if field:
            fields[column] = field
    if not WHOSE & set(fields.values()):
        raise Invalid(
            f"None of the columns {', '.join(headers)} tells whose enquiry it is;"
            f" map one of them to {', '.join(sorted(WHOSE))}",
            errors=[Fault("/file", "has no column that tells whose enquiry it is")],
        )
    return Mapping(fields, [column for column in headers if column not in fields])


def _check(headers: Sequence[str], own: Table[str, str]) -> None:
    faults = [Fault(f"/{column}", "is no column of the file") for column in own if column not in headers]
    faults += [
        Fault(f"/{column}", f"{field} is no field; possible: {', '.join(ALIASES)}")
        for column, field in own.items()
        if field not in ALIASES
    ]
    if faults:
        raise Invalid("; ".join(f"{one.pointer[1:]}: {one.detail}" for one in faults), errors=faults)


def as_lead(
    row: Table[str, str], columns: Mapping, where: Callable[[str], Where] = lambda _: Where()
) -> dict[str, Any]:
    """The body of ``POST /leads`` with two more: ``external_id``, and ``extra`` with all that has no field.

    What cannot be understood stays as typed, so that the lead's own checks name it. ``where``: its times were written
    down, by the row's postal code.
    """
    given: dict[str, list[str]] = {}
    extra = {}
    for column, cell in row.items():
        field, text = columns.fields.get(column, "extra"), cell.strip()
        if leadvalues.missing(field, text):
            continue
        if field == "extra":
            extra[column] = text
        else:
            given.setdefault(field, []).append(text)
            if not leadvalues.understood(field, text):
                extra[column] = text
    lead = _named(given, columns) | _reached(given) | _wanted(given)
    if said := given.get("received_at"):
        lead["received_at"] = leadvalues.instant(said[0], where(given.get("postal_code", [""])[0]))
    return {field: value for field, value in lead.items() if value} | ({"extra": extra} if extra else {})


def _named(given: dict[str, list[str]], columns: Mapping) -> dict[str, Any]:
    first_and_last = " ".join([*given.get("first_name", [])[:1], *given.get("last_name", [])[:1]])
    known_as = given.get("external_id", [""])[0]
    name = given.get("person_name", [first_and_last])[0]
    if columns.nameless and known_as:
        name = f"Enquiry {known_as}"
    return {"person_name": name, "company": given.get("company", [""])[0], "external_id": known_as}


def _reached(given: dict[str, list[str]]) -> dict[str, Any]:
    address = {field: given[field][0] for field in ADDRESS if field in given}
    if "line2" in address:
        address["line1"] = ", ".join(filter(None, [address.get("line1"), address.pop("line2")]))
    if code := leadvalues.country(address.pop("country", "")):
        address["country"] = code
    return {
        "phones": leadvalues.several(given.get("phones", []), leadvalues.phone, r"(?i)[;\n]|,(?!\s*(?:x|ext))"),
        "emails": leadvalues.several(given.get("emails", []), str.strip, r"[;,\s]"),
        "address": address,
    }


def _wanted(given: dict[str, list[str]]) -> dict[str, Any]:
    one = {field: texts[0] for field, texts in given.items()}
    return {
        "channel": leadvalues.channel(one.get("channel", "")),
        "source": leadvalues.source(one.get("source", "")),
        "campaign": one.get("campaign"),
        "trade": leadvalues.trade(one.get("trade", "")),
        "request": "\n".join(given.get("request", [])),
        "interest_level": leadvalues.interest_level(one.get("interest_level", "")),
        "fit": {"customer_type": leadvalues.code(one["customer_type"])} if "customer_type" in one else {},
    }
