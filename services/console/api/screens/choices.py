"""What can be chosen in a form, asked of whoever keeps it: people, teams, reasons, stages."""

from collections.abc import Callable
from typing import Any

from services.console.api.screens.frame import doors

Pairs = tuple[tuple[str, str], ...]
Source = Callable[[dict[str, Any]], Pairs]


def _people(**query: Any) -> Pairs:
    found = doors().maybe("/staff/people", {"items": []}, limit=200, **query)["items"]
    return tuple((one["id"], one["name"]) for one in sorted(found, key=lambda one: one["name"]))


def _teams(kind: str) -> Pairs:
    return tuple((one["id"], one["name"]) for one in doors().items("/staff/teams", kind=kind, limit=200))


def _owners(_record: dict[str, Any]) -> Pairs:
    """Whoever may hold a lead: those who sell, and those at the telephone."""
    found = dict(_people(role="salesperson")) | dict(_people(role="csr")) | dict(_people(role="manager"))
    return tuple(sorted(found.items(), key=lambda one: one[1]))


def _trades(_record: dict[str, Any]) -> Pairs:
    branches = doors().maybe("/staff/branches", {"items": []})["items"]
    names = sorted({trade for one in branches for trade in one.get("trades") or ()})
    from services.console.adapters.words import plain

    return (("", "Not known"), *((name, plain(name)) for name in names))


def _stages(record: dict[str, Any]) -> Pairs:
    """The open ones: won comes with an acceptance, lost with a reason."""
    found = doors().get("/opportunities/stages", branch=record.get("branch"))["items"]
    return tuple((one["code"], one["label"]) for one in found if one["type"] == "open")


def _lost_reasons(record: dict[str, Any]) -> Pairs:
    found = doors().get("/opportunities/lost-reasons", branch=record.get("branch"))["items"]
    return tuple((one["code"], one["label"]) for one in found)


def _duplicates(record: dict[str, Any]) -> Pairs:
    return tuple((one["id"], f"{one['number']}: {one['why']}") for one in record.get("duplicates") or ())


SOURCES: dict[str, Source] = {
    "people": lambda _: (("", "Nobody"), *_people()),
    "salespeople": lambda _: _people(role="salesperson"),
    "owners": _owners,
    "owners_or_nobody": lambda record: (("", "Whoever is free first"), *_owners(record)),
    "trades": _trades,
    "stages": _stages,
    "lost_reasons": _lost_reasons,
    "duplicates": _duplicates,
    "operations_teams": lambda _: _teams("operations"),
}


def of(source: str | Pairs, record: dict[str, Any]) -> Pairs:
    """The pairs themselves, or those of a source."""
    return SOURCES[source](record) if isinstance(source, str) else source
