"""The customer looks, asks for changes, says yes once, or no."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from libs.common import people, workhours
from libs.common.auth import Role
from libs.common.contracts.estimates import (
    EstimateAccepted,
    EstimateChangesRequested,
    EstimateDeclined,
    EstimateViewed,
)
from libs.common.errors import Fault, Forbidden, Invalid
from libs.common.tx import Tx
from services.estimates.model import Acceptance, Estimate, Line, Option
from services.estimates.settings import PREFERENCES
from services.estimates.states import Method, RoundKind, Side
from services.estimates.usecases import draft, facts, links, pricing
from services.estimates.usecases.revise import next_round
from services.estimates.usecases.timers import EXPIRY


def view(tx: Tx, estimate: Estimate) -> Estimate:
    """The page said that it was read. Told once; a decided offer may be looked at as often as one likes."""
    if estimate.live and estimate.viewed(at=tx.now):
        tx.publish(EstimateViewed(**facts.head(tx, estimate), viewed_at=tx.now), of=estimate)
    return estimate


def request_changes(tx: Tx, estimate: Estimate, *, text: str) -> Estimate:
    """The customer wants something else first; ``text`` is in their words. That is a round of the negotiation, too."""
    links.demand_not_accepted(tx, estimate)
    estimate.request_changes(text, at=tx.now)
    said = {"side": Side.CUSTOMER.value, "kind": RoundKind.NOTE.value, "note": text}
    step = next_round(tx, estimate, from_revision=estimate.revision, **said)
    told: dict[str, Any] = {"text": text, "requested_at": tx.now, "round": step.number}
    tx.publish(EstimateChangesRequested(**facts.head(tx, estimate), **told), of=estimate)
    return estimate


def accept(
    tx: Tx,
    estimate: Estimate,
    *,
    option: UUID,
    typed_name: str,
    method: str,
    add_ons: Sequence[UUID] = (),
    signature: str | None = None,
    ip: str = "",
    user_agent: str = "",
) -> Acceptance:
    """The yes: to one option of exactly this version, once. Raises AlreadyAccepted with the first one."""
    links.demand_not_accepted(tx, estimate)
    estimate.accept(at=tx.now)
    chosen, extras = _chosen(estimate, option, add_ons)
    version, rules = estimate.current, PREFERENCES.read(tx, estimate.branch)
    totals = version.totals_with(chosen, extras)
    branch = people.branch(tx, estimate.branch)
    acceptance = Acceptance(
        id=tx.store.ids(),
        estimate_id=estimate.id,
        version_id=version.id,
        revision=version.revision,
        option_id=chosen.id,
        option_name=chosen.name,
        add_ons=[str(line.id) for line in extras],
        totals=pricing.shown(totals, version.currency),
        total=totals.total,
        method=str(method),
        typed_name=typed_name,
        signature=signature,
        consent_text=rules["consent_text"],
        snapshot_hash=version.snapshot_hash or "",
        ip=ip[:60],
        user_agent=user_agent[:500],
        accepted_at=tx.now,
        recorded_by=tx.actor,
    )
    if rules["cancel_business_days"]:
        today = tx.now.astimezone(workhours.zone(branch)).date()
        last = workhours.business_days_after(today, rules["cancel_business_days"], branch)
        acceptance.cancel_until = workhours.end_of_day(last, branch)
    tx.session.add(acceptance)
    estimate.accepted_by(acceptance)
    estimate.total = estimate.total_max = totals.total
    tx.forget(EXPIRY, estimate.id)
    draft.select(tx, estimate)  # what was agreed to is what the opportunity stands on, whichever was chosen before
    head = facts.head(tx, estimate)
    tx.publish(EstimateAccepted(**head, **facts.sold(estimate, acceptance, [*chosen.lines, *extras])), of=estimate)
    return acceptance


def totals(estimate: Estimate, *, option: UUID, add_ons: str = "") -> dict[str, Any]:
    """What a choice would come to: an option with add-ons by their ids, commas between. Raises Invalid."""
    try:
        wanted = [UUID(one.strip()) for one in add_ons.split(",") if one.strip()]
    except ValueError:
        raise Invalid("choose among the add-ons", errors=[Fault("?add_ons", "are ids with commas between")]) from None
    chosen, extras = _chosen(estimate, option, wanted, asked=True)
    return pricing.shown(estimate.current.totals_with(chosen, extras), estimate.currency)


def record(tx: Tx, estimate: Estimate, *, roles: Collection[str], **said: Any) -> Acceptance:
    """Staff heard the yes. A CSR hears it on the phone only."""
    if said["method"] == Method.IN_PERSON and not set(roles) - {Role.CSR, Role.MARKETING, Role.TECHNICIAN}:
        raise Forbidden("a CSR records what was said on the phone: the method is verbal")
    return accept(tx, estimate, **said)


def decline(tx: Tx, estimate: Estimate, *, reason: str, note: str = "", method: str = "link") -> Estimate:
    """The no, with its reason. With no other offer live, it loses the opportunity there."""
    links.demand_not_accepted(tx, estimate)
    estimate.decline(reason=reason, note=note, at=tx.now)
    tx.forget(EXPIRY, estimate.id)
    told: dict[str, Any] = {"reason": reason, "declined_at": tx.now, "method": method, "note": note}
    tx.publish(EstimateDeclined(**facts.head(tx, estimate), **told), of=estimate)
    return estimate


def _chosen(
    estimate: Estimate, option: UUID, add_ons: Sequence[UUID], *, asked: bool = False
) -> tuple[Option, list[Line]]:
    """What was chosen. Raises Invalid naming what is none of it: in a body or, ``asked``, in a query."""
    chosen = estimate.option(option)
    if chosen is None:
        fault = Fault("?option" if asked else "/option", "is none of this offer's options")
        raise Invalid("choose one of the options offered", errors=[fault])
    found = {line.id: line for line in chosen.add_ons}
    strange = [place for place, ident in enumerate(add_ons) if ident not in found]
    if strange:
        places = ["?add_ons"] if asked else [f"/add_ons/{place}" for place in strange]
        faults = [Fault(place, "is no add-on of this option") for place in places]
        raise Invalid("choose among the add-ons of the option", errors=faults)
    return chosen, [line for line in chosen.add_ons if line.id in set(add_ons)]
