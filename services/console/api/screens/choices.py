"""What can be chosen in a form, asked of whoever keeps it: people, teams, reasons, stages."""

from collections.abc import Callable, Collection, Iterable
from typing import Any
from uuid import UUID

from libs.common.auth import RULES, Role
from libs.common.formatting import plain
from libs.common.web import reading
from services.console import usecases
from services.console.adapters.words import said
from services.console.api.acts.opportunities import FINANCING
from services.console.api.screens import crew
from services.console.api.screens.frame import doors, me, say

Pairs = tuple[tuple[str, str], ...]
Source = Callable[[dict[str, Any]], Pairs]


People = Iterable[dict[str, Any]]


def _people(**query: Any) -> list[dict[str, Any]]:
    """Also who left: what is theirs is looked for, and given to others."""
    return doors().maybe_every("/staff/people", **query)


def _of_roles(permission: str, but: Collection[Role] = ()) -> list[dict[str, Any]]:
    wanted = {str(role) for role in RULES[permission].keys() - set(but)}
    return [one for one in _people() if wanted & set(one["roles"])]


def owners() -> list[dict[str, Any]]:
    """Whoever may hold a lead: those who sell, those at the telephone, the office."""
    return _of_roles("lead.edit", but={Role.MARKETING})


def called(found: People) -> Pairs:
    """Each once, by name."""
    return tuple(sorted({one["id"]: one["name"] for one in found}.items(), key=lambda one: one[1]))


def here(found: People) -> Pairs:
    """Those who work here: nobody else is given anything."""
    return called(one for one in found if one["active"])


def _holders(_record: dict[str, Any]) -> Pairs:
    """Who may have work to hand over: people, also those who left."""
    return called(one for one in _people() if set(one["roles"]) - {Role.SERVICE})


def _trades(_record: dict[str, Any]) -> Pairs:
    branches = doors().maybe_every("/staff/branches")
    names = sorted({trade for one in branches for trade in one.get("trades") or ()})
    return (("", said("Not known")), *((name, plain(name)) for name in names))


def _stages(record: dict[str, Any]) -> Pairs:
    """The open ones: won comes with an acceptance, lost with a reason."""
    found = doors().get("/opportunities/stages", branch=record.get("branch"))["items"]
    return tuple((one["code"], one["label"]) for one in found if one["type"] == "open")


def _lost_reasons(record: dict[str, Any]) -> Pairs:
    found = doors().get("/opportunities/lost-reasons", branch=record.get("branch"))["items"]
    return tuple((one["code"], one["label"]) for one in found)


def _financing(record: dict[str, Any]) -> Pairs:
    """The branch's, and what stands there though it is no longer one of them."""
    found = doors().get("/opportunities/financing-activities", branch=record.get("branch"))["items"]
    codes = dict.fromkeys([*(one["code"] for one in found), *filter(None, [record.get("financing_activity")])])
    return (("", said("Not said")), *((code, FINANCING.get(code) or plain(code)) for code in codes))


#: by what two enquiries are alike, in words
ALIKE = {
    "email": said("Same e-mail address"), "phone": said("Same phone number"),
    "name_and_address": said("Same name and address"), "company_domain": said("Mail of the same company"),
}  # fmt: skip


WAITS, WORKED = ("new", "contacted", "nurturing"), ("valid", "converted")


def alike(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The lead's possible duplicates with their names: a number and a code tell nobody who that is.

    ``merge`` is (survivor, duplicate): who is worked already takes the other one in. Of one that is somebody else's to
    see, the number and why is all that is known, and nothing is done with it.
    """
    found = record.get("duplicates") or ()
    with reading() as tx:
        names = usecases.called(tx, me(), [UUID(one["id"]) for one in found]) if found else {}
    return [
        {
            **one,
            "name": names.get(UUID(one["id"]), ("", ""))[0],
            "seen": UUID(one["id"]) in names,
            "merge": _merge(record, one["id"], names.get(UUID(one["id"]), ("", ""))[1]),
            "why": say(ALIKE.get(one["why"], plain(one["why"]))),
        }
        for one in found
    ]


def _merge(record: dict[str, Any], other: str, state: str) -> tuple[str, str] | None:
    if state in WAITS:
        return record["id"], other
    return (other, record["id"]) if state in WORKED and record["state"] in WAITS else None


def seen(lead: str | None) -> bool:
    """Whether a lead that is named here is one that the reader may open."""
    with reading() as tx:
        return lead is not None and bool(usecases.called(tx, me(), [UUID(lead)]))


def _duplicates(record: dict[str, Any]) -> Pairs:
    return tuple(
        (one["id"], f"{one['number']} {one['name']}: {one['why']}")
        for one in alike(record)
        if one["merge"] and one["merge"][1] == one["id"]
    )


def _crews(_record: dict[str, Any]) -> Pairs:
    return tuple((one.ident, one.name) for one in crew.crews())


def _crew_members(_record: dict[str, Any]) -> Pairs:
    """Everybody of operations; the team is said beside the name where there are several."""
    found = crew.crews()
    return tuple(
        (ident, f"{name}, {one.name}" if len(found) > 1 else name) for one in found for ident, name in one.members
    )


def _teams(_record: dict[str, Any]) -> Pairs:
    """Of every kind; while staff is away those that are known here."""
    found = {one["id"]: one["name"] for one in doors().maybe_every("/staff/teams")} or crew.called()
    return tuple(sorted(found.items(), key=lambda one: one[1]))


def _sales(**query: Any) -> list[dict[str, Any]]:
    """Of what was sold and still stands, however much was sold since; newest first."""
    return doors().every("/bookings/sales", **query)


def _called(sales: list[dict[str, Any]]) -> Pairs:
    return tuple((one["acceptance_id"], f"{one['number']}, {one['title']}") for one in sales)


def _further(record: dict[str, Any]) -> Pairs:
    """What was sold on the record's job, or with its opportunity, and is in no order."""
    asked = (("opportunity_id", record["opportunity_id"]), ("job_id", record["job_id"]))
    found = {
        one["acceptance_id"]: one for name, ident in asked if ident for one in _sales(lacks="booking", **{name: ident})
    }
    return _called(list(found.values()))


def jobless() -> list[dict[str, Any]]:
    """Sales whose job the office is to make: none of them can be completed."""
    return _sales(lacks="job")


def _add_ons(record: dict[str, Any]) -> Pairs:
    """Each with its option: only those of the one chosen count."""
    return tuple(
        (line["id"], f"{one['name']}: {line['description'].partition(chr(10))[0]}")
        for one in record.get("options") or ()
        for line in one["add_ons"]
    )


def _yes_methods(_record: dict[str, Any]) -> Pairs:
    """Who is at the telephone hears no yes at the table."""
    telephone = ("verbal", said("On the telephone"))
    return (telephone,) if me().roles == {"csr"} else (telephone, ("in_person", said("In person")))


def _branches(_record: dict[str, Any]) -> Pairs:
    return tuple((one["id"], one["name"]) for one in doors().every("/staff/branches"))


SOURCES: dict[str, Source] = {
    "branches_or_all": lambda record: (("", said("The whole company")), *_branches(record)),
    "everybody": lambda _: called(_people()),
    "holders": _holders,
    "roles": lambda _: tuple((str(one), plain(str(one))) for one in Role),
    "people": lambda _: (("", said("Nobody")), *called(_people())),
    "whoever_had_it": lambda _: called(owners()),
    "whoever_sold": lambda _: called(_people(role="salesperson")),
    "salespeople": lambda _: here(_people(role="salesperson")),
    "beside": lambda _: (("", said("Nobody")), *called(_of_roles("opportunity.appoint"))),
    "salespeople_or_nobody": lambda _: (("", said("Whoever is free first")), *here(_people(role="salesperson"))),
    "owners": lambda _: here(owners()),
    "owners_or_nobody": lambda _: (("", said("Whoever is free first")), *here(owners())),
    "trades": _trades,
    "stages": _stages,
    "lost_reasons": _lost_reasons,
    "financing": _financing,
    "duplicates": _duplicates,
    "teams": _teams,
    "operations_teams": _crews,
    "operations_teams_or_same": lambda record: (("", said("The same team")), *_crews(record)),
    "operations_people": lambda record: (("", said("The whole team")), *_crew_members(record)),
    "unbooked_sales": lambda _: _called(_sales(lacks="booking")),
    "further_sales": _further,
    "jobless_sales": lambda _: _called(jobless()),
    "estimate_options": lambda record: tuple((one["id"], one["name"]) for one in record.get("options") or ()),
    "estimate_add_ons": _add_ons,
    "yes_methods": _yes_methods,
}


def of(source: str | Pairs, record: dict[str, Any]) -> Pairs:
    """The pairs themselves, or those of a source."""
    return SOURCES[source](record) if isinstance(source, str) else source
