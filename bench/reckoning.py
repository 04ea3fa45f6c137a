"""The console's numbers beside those that the services' own databases give, to the count and the cent.

What the console says comes out of its read model; what it should say is added up here from the records themselves, in
plain Python. No faults means that they agree.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from embedded.system import Part, System
from libs.common.auth import Caller, Role

EVERYBODY = Caller(person_id=UUID(int=0), roles=frozenset({Role.AUDITOR}), every_branch=True)
LIVE = ("sent", "viewed", "changes_requested")
Numbers = Mapping[Any, Any]


def reckon(system: System) -> list[str]:
    """What the console says otherwise than the services, in words."""
    said, right = _said(system.parts["console"]), _right(system)
    return [
        f"{name}, {key}: the console says {said[name].get(key)}, the services {right[name].get(key)}"
        for name in right
        for key in sorted({*said[name], *right[name]}, key=str)
        if said[name].get(key) != right[name].get(key)
    ]


def _records(system: System, service: str, table: str) -> list[Any]:
    part = system.parts[service]
    with part.store.reading() as tx:
        return list(tx.session.execute(sa.select(part.service.metadata.tables[table])))


# -- what the console says


def _said(console: Part) -> dict[str, Numbers]:
    from services.console import usecases

    with console.store.reading() as tx:
        shown = {name: usecases.report(tx, EVERYBODY, name, {}).rows for name in usecases.REPORTS}
        board = usecases.board(tx, EVERYBODY, {"closed_days": 36_500, "limit": 1})
    of_funnel = ("leads", "invalid", "opportunities", "priced", "won", "booked", "handed_over")
    return {
        "lanes": {lane.key: lane.count for lane in board.lanes if lane.count},
        "worth": {(lane.key, one.currency): Decimal(one.value or 0) for lane in board.lanes for one in lane.sums},
        "funnel": {(row["by"], name): row[name] for row in shown["funnel"] for name in of_funnel if row[name]},
        "won value": {
            (row["by"], one["currency"]): Decimal(one["amount"]) for row in shown["funnel"] for one in row["value"]
        },
        "close rate": {row["by"]: (row["won"], row["lost"]) for row in shown["close-rate"]},
        "answers": {row["by"]: (row["answered"], row["in_time"], row["late"]) for row in shown["response-time"]},
        "stages": {row["stage"]: row["there"] for row in shown["time-in-stage"] if row["there"]},
        "losses": {(row["stage"], row["reason"]): row["lost"] for row in shown["lost-reasons"]},
        "offers": _total((one["currency"], one["amount"]) for row in shown["estimate-ageing"] for one in row["value"]),
        "live offers": {"all": sum(row["offers"] for row in shown["estimate-ageing"])},
        "discounts": {
            (row["by"], row["currency"]): (row["accepted"], Decimal(row["list_price"]), Decimal(row["discount"]))
            for row in shown["discounts"]
        },
        "hand-over": {row["by"]: (row["handed_over"], row["accepted"]) for row in shown["hand-over"]},
    }


def _total(amounts: Iterator[tuple[str, str]] | Any) -> Numbers:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in amounts:
        found[currency] += Decimal(amount)
    return found


# -- what the services' records say


def _right(system: System) -> dict[str, Numbers]:
    leads = {one.id: one for one in _records(system, "leads", "leads")}
    opportunities = {one.lead_id: one for one in _records(system, "opportunities", "opportunities")}
    estimates = {one.id: one for one in _records(system, "estimates", "estimates")}
    orders = _records(system, "bookings", "bookings")
    going = [one for one in orders if one.state != "cancelled"]
    in_order = sorted(going, key=lambda one: one.created_at)
    live = {UUID(str(lead)): one for one in in_order for lead in one.lead_ids or [one.lead_id]}
    sold: dict[UUID, Decimal] = defaultdict(Decimal)
    for sale in _records(system, "bookings", "sales"):
        sold[sale.lead_id] += sale.total if sale.state != "undone" else 0
    handed = {one.booking_id for one in _records(system, "bookings", "booking_assignments")}
    funnels = {ident: (leads.get(ident), opportunities.get(ident), live.get(ident)) for ident in leads}
    return {
        **_lanes(funnels, estimates, sold),
        **_funnel(funnels, estimates, sold, handed),
        **_people(funnels),
        "stages": Counter(one.stage for one in opportunities.values() if one.stage_type == "open"),
        "losses": Counter(
            (o.lost["stage"], o.lost["reason"]) for o in opportunities.values() if o.stage_type == "lost"
        ),
        "offers": _total((one.currency, one.total) for one in estimates.values() if one.state in LIVE),
        "live offers": {"all": sum(one.state in LIVE for one in estimates.values())},
        "discounts": _discounts(system, estimates),
        "hand-over": _hand_over(orders, handed),
    }


def _worth(
    opportunity: Any, booking: Any, estimates: Mapping[UUID, Any], sold: Mapping[UUID, Decimal]
) -> tuple[str, Decimal] | None:
    """What a funnel is worth now: sold, in however many orders, else offered, else expected."""
    if booking is not None:
        return booking.currency, sold[booking.lead_id]
    chosen = estimates.get(opportunity.selected_estimate_id) if opportunity is not None else None
    if chosen is not None and chosen.total > 0:
        return chosen.currency, chosen.total
    if opportunity is not None and opportunity.expected_value is not None:
        return opportunity.currency, opportunity.expected_value
    return None


def _lanes(
    funnels: Mapping[UUID, Any], estimates: Mapping[UUID, Any], sold: Mapping[UUID, Decimal]
) -> dict[str, Numbers]:
    lanes: Counter[str] = Counter()
    worth: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for lead, opportunity, booking in funnels.values():
        if opportunity is None and lead.state not in ("new", "contacted", "nurturing"):
            continue
        lane = f"lead.{lead.state}" if opportunity is None else f"opportunity.{opportunity.stage}"
        lane = lane if booking is None else f"booking.{booking.state}"
        lanes[lane] += 1
        value = _worth(opportunity, booking, estimates, sold)
        if value is not None:
            worth[lane, value[0]] += value[1]
    return {"lanes": lanes, "worth": worth}


def _funnel(
    funnels: Mapping[UUID, Any], estimates: Mapping[UUID, Any], sold: Mapping[UUID, Decimal], handed: set[UUID]
) -> dict[str, Numbers]:
    counts: Counter[tuple[Any, str]] = Counter()
    won: dict[tuple[Any, str], Decimal] = defaultdict(Decimal)
    for lead, opportunity, booking in funnels.values():
        if lead.state == "merged":
            continue
        source = (opportunity.source if opportunity is not None else None) or lead.source or None
        reached = {
            "leads": True,
            "invalid": lead.state == "invalid",
            "opportunities": opportunity is not None,
            "priced": opportunity is not None and opportunity.converted_at is not None,
            "won": opportunity is not None and opportunity.won_at is not None,
            "booked": booking is not None,
            "handed_over": booking is not None and booking.id in handed,
        }
        counts.update((source, name) for name, there in reached.items() if there)
        value = _worth(opportunity, booking, estimates, sold) if reached["won"] else None
        if value is not None:
            won[source, value[0]] += value[1]
    return {"funnel": counts, "won value": won}


def _people(funnels: Mapping[UUID, Any]) -> dict[str, Numbers]:
    closed: dict[str | None, list[int]] = defaultdict(lambda: [0, 0])
    answers: dict[str | None, list[int]] = defaultdict(lambda: [0, 0, 0])
    for lead, opportunity, _booking in funnels.values():
        salesperson = opportunity.salesperson_id if opportunity is not None else None
        owner = salesperson or lead.owner_id
        who = None if owner is None else str(owner)
        if opportunity is not None and opportunity.stage_type in ("won", "lost"):
            closed[who][opportunity.stage_type == "lost"] += 1
        if lead.first_response_due_at is not None and lead.state != "merged":
            numbers, at = answers[who], lead.first_responded_at
            numbers[0] += at is not None
            numbers[1] += at is not None and at <= lead.first_response_due_at
            numbers[2] += at is not None and at > lead.first_response_due_at
    return {
        "close rate": {who: tuple(numbers) for who, numbers in closed.items()},
        "answers": {who: tuple(numbers) for who, numbers in answers.items()},
    }


def _discounts(system: System, estimates: Mapping[UUID, Any]) -> Numbers:
    """Of each acceptance: its option's lines and the add-ons chosen, as priced, and the document's discount."""
    lines: dict[UUID, list[Any]] = defaultdict(list)
    for line in _records(system, "estimates", "lines"):
        lines[line.option_id].append(line)
    found: dict[tuple[Any, str], list[Any]] = defaultdict(lambda: [0, Decimal(0), Decimal(0)])
    for yes in _records(system, "estimates", "acceptances"):
        estimate = estimates[yes.estimate_id]
        chosen = [one for one in lines[yes.option_id] if not one.add_on or str(one.id) in yes.add_ons]
        gross = sum((round(one.qty * one.unit_price, 2) for one in chosen), Decimal(0))
        priced = sum((one.amount for one in chosen), Decimal(0))
        who = None if estimate.salesperson_id is None else str(estimate.salesperson_id)
        numbers = found[who, estimate.currency]
        numbers[0] += 1
        numbers[1] += gross
        numbers[2] += gross - priced + Decimal(yes.totals["discount"])
    return {key: tuple(numbers) for key, numbers in found.items()}


def _hand_over(orders: list[Any], handed: set[UUID]) -> Numbers:
    found: dict[str | None, list[int]] = defaultdict(lambda: [0, 0])
    for order in orders:
        if order.id in handed:
            team = None if order.team_id is None else str(order.team_id)
            found[team][0] += 1
            found[team][1] += order.accepted_at is not None
    return {team: tuple(numbers) for team, numbers in found.items()}
