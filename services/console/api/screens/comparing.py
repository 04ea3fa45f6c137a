"""Two versions of an estimate side by side: what came, what went, what costs something else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.console.api.screens.frame import doors


@dataclass(frozen=True)
class Row:
    """A line of one option in both versions; ``before`` or ``after`` is None where it is not there."""

    what: str
    before: str | None
    after: str | None
    change: str

    @property
    def look(self) -> str:
        return "minus" if self.after is None else "plus" if self.before is None else ""


@dataclass(frozen=True)
class Compared:
    """An option in both versions, with its total."""

    name: str
    rows: tuple[Row, ...]
    total: Row


def with_the_one_before(ident: str, record: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[Compared]] | None:
    """The version before, and what is different now."""
    if record["revision"] < 2:
        return None
    before = doors().get(f"/estimates/{ident}/versions/{record['revision'] - 1}")
    return before, list(options(before["options"], record["options"]))


def options(before: list[Any], after: list[Any]) -> Iterator[Compared]:
    """Each option by its name, those of today first."""
    earlier = {one["name"]: one for one in before}
    for one in after:
        yield _option(one["name"], earlier.pop(one["name"], None), one)
    for name, one in earlier.items():
        yield _option(name, one, None)


def _option(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Compared:
    if before is None or after is None:  # an option that came or went is said in one line
        return Compared(name, (), _row("Total", _total(before, "total"), _total(after, "total")))
    rows = list(_pairs(_lines(before), _lines(after)))
    rows.append(_row("Discount", _total(before, "discount"), _total(after, "discount")))
    rows.append(_row("Tax", _total(before, "tax"), _total(after, "tax")))
    return Compared(name, tuple(rows), _row("Total", _total(before, "total"), _total(after, "total")))


def _lines(option: Mapping[str, Any] | None) -> dict[tuple[str, int], tuple[str, str]]:
    """Each line by what it is and how often that came before: its words and its amount."""
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for kind in ("lines", "add_ons"):
        for line in (option or {}).get(kind) or ():
            words = str(line["description"]).partition("\n")[0] + (" (add-on)" if kind == "add_ons" else "")
            key = f"{kind}:{line['task_code'] or words}"
            number = sum(known == key for known, _ in found)
            found[key, number] = (words, str(line["amount"]))
    return found


def _pairs(before: Mapping[Any, tuple[str, str]], after: Mapping[Any, tuple[str, str]]) -> Iterator[Row]:
    for key in dict.fromkeys([*after, *before]):
        words = (after.get(key) or before[key])[0]
        yield _row(words, (before.get(key) or ("", None))[1], (after.get(key) or ("", None))[1])


def _total(option: Mapping[str, Any] | None, name: str) -> str | None:
    return str(option["totals"][name]) if option else None


def _row(what: str, before: str | None, after: str | None) -> Row:
    change = Decimal(after or 0) - Decimal(before or 0)
    return Row(what, before, after, format(change, "f") if change else "")
