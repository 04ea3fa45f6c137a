"""An estimate is begun, written and selected, and follows its opportunity."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common import people, workhours
from libs.common.contracts.estimates import EstimateAssigned, EstimateChanged, EstimateDrafted, EstimateSelected
from libs.common.contracts.opportunities import OpportunityChanged, OpportunityConverted
from libs.common.contracts.parts import BillTo, Contact, Prospect
from libs.common.errors import Conflict, Fault, Invalid
from libs.common.tx import Tx
from services.estimates.model import Estimate, Opportunity, Option, Version
from services.estimates.settings import PREFERENCES
from services.estimates.usecases import facts, pricing, together

ANY_OF = sa.select(Estimate.id).where(Estimate.opportunity_id == sa.bindparam("opportunity")).limit(1)
SAID = frozenset({"title", "product_interest", "trade", "site", "bill_to", "prospect"})  #: kept of an opportunity
BLANK = ({"name": "Standard", "lines": []},)  #: what a new estimate starts with


def draft_for(tx: Tx, converted: OpportunityConverted) -> Estimate | None:
    """The customer wants a price: keeps what is known of the opportunity, and drafts its first estimate, selected.
    Converted once more (reopened after a loss), it keeps the estimates it has."""
    record = together.opportunity(tx, converted.subject)
    rules = PREFERENCES.read(tx, converted.branch)
    branch = people.branch(tx, converted.branch) or {}
    known = _known(converted)
    if record is None:
        currency = converted.currency or branch.get("currency") or rules["currency"]
        record = tx.new(Opportunity, converted.subject, currency=currency, **known)
    else:
        for name, value in known.items():
            setattr(record, name, value)
        record.lost = False
        if tx.execute(ANY_OF, {"opportunity": record.id}).first():
            return None
    return create(tx, record, on_conversion=True)


def correct_opportunity(tx: Tx, changed: OpportunityChanged) -> None:
    """What was put right on the opportunity is so in what is offered, and in what is sold from here on."""
    if not SAID.intersection(changed.changed):
        return
    record = together.opportunity(tx, changed.subject)
    if record is None:
        return  # nobody asked for a price yet
    record.title, record.product_interest = changed.title, changed.product_interest
    if changed.prospect is not None:
        record.prospect, record.contact = msgspec.to_builtins(changed.prospect), _contact(changed.prospect)
    if changed.trade:  # as it was put right for this sale, whatever the lead says
        record.prospect = {**record.prospect, "trade": changed.trade}
    if changed.bill_to is not None:
        record.bill_to = msgspec.to_builtins(changed.bill_to)
    record.site = msgspec.to_builtins(changed.site) if changed.site else record.prospect.get("address")


def create(
    tx: Tx, opportunity: Opportunity, options: Sequence[Any] | None = None, *, on_conversion: bool = False
) -> Estimate:
    """A further estimate, selected at once from whichever client it came."""
    if opportunity.lost:
        raise Conflict(f"opportunity {opportunity.number} is lost; reopen it first")
    branch = people.branch(tx, opportunity.branch)
    today = tx.now.astimezone(workhours.zone(branch)).date()
    rules = PREFERENCES.read(tx, opportunity.branch)
    until = _add_days(today, rules["valid_days"])
    ends: dict[str, Any] = {"valid_until": until, "expires_at": workhours.end_of_day(until, branch)}
    estimate = tx.new(
        Estimate,
        base_number=f"EST-{today.year}-{tx.number('estimate'):05d}",
        branch=opportunity.branch,
        opportunity_id=opportunity.id,
        opportunity=opportunity,
        lead_id=opportunity.lead_id,
        salesperson_id=opportunity.salesperson_id,
        job_id=opportunity.job_id,
        currency=opportunity.currency,
        versions=[],
        said_yes=None,
        **ends,
    )
    version = Version(
        id=tx.store.ids(),
        estimate_id=estimate.id,
        revision=1,
        currency=opportunity.currency,
        tax_mode=rules["tax_mode"],
        prices_include_tax=rules["prices_include_tax"],
        terms=rules["terms"],
        deposit=rules["deposit"],
        state=estimate.state or "draft",
        created_at=tx.now,
        priced_by=[tx.actor] if options else [],
        options=[],
        **ends,
    )
    estimate.begin_version(version)
    pricing.fill(tx, estimate, version, options or BLANK, begun=True)
    previous, opportunity.selected_estimate_id = opportunity.selected_estimate_id, estimate.id
    head = facts.head(tx, estimate, every=(estimate,) if on_conversion else None)
    tx.publish(EstimateDrafted(**head, on_conversion=on_conversion), of=estimate)
    tx.publish(EstimateSelected(**head, previous_estimate_id=previous, selected_at=tx.now), of=estimate)
    return estimate


def edit(tx: Tx, estimate: Estimate, **given: Any) -> Estimate:
    """Writes the draft anew, whole: what is left out is none, or as the branch has set it. Clears an approval."""
    was = estimate.state
    version, rules = estimate.edit(), PREFERENCES.read(tx, estimate.branch)
    version.priced_by = sorted({*version.priced_by, tx.actor})
    hold_until(tx, estimate, given.get("valid_until") or estimate.valid_until)
    version.discount, version.deposit = _rule(given.get("discount")), _rule(given.get("deposit"))
    version.tax_mode = str(given.get("tax_mode") or rules["tax_mode"])
    inclusive = given.get("prices_include_tax")
    version.prices_include_tax = rules["prices_include_tax"] if inclusive is None else inclusive
    version.notes, version.member = given.get("notes") or "", bool(given.get("member"))
    version.terms = rules["terms"] if given.get("terms") is None else given["terms"]
    pricing.fill(tx, estimate, version, given["options"])
    tx.publish(EstimateChanged(**facts.head(tx, estimate), previous_state=was), of=estimate)
    return estimate


def correct(tx: Tx, estimate: Estimate, **given: Any) -> Estimate:
    """Notes, terms or the last day of a draft, nothing else of it. Clears an approval like any other edit."""
    was = estimate.state
    version = estimate.edit()
    if given.get("valid_until"):
        hold_until(tx, estimate, given["valid_until"])
    for name in ("notes", "terms"):
        if name in given:
            setattr(version, name, given[name] or "")
    tx.publish(EstimateChanged(**facts.head(tx, estimate), previous_state=was), of=estimate)
    return estimate


def hold_until(tx: Tx, estimate: Estimate, day: date) -> None:
    """The offer's last day, in the branch. Raises Invalid for one that is over."""
    branch = people.branch(tx, estimate.branch)
    if day < tx.now.astimezone(workhours.zone(branch)).date():
        raise Invalid("an offer cannot end before today", errors=[Fault("/valid_until", f"{day} is over")])
    estimate.holds_until(day, workhours.end_of_day(day, branch))


def next_version(tx: Tx, estimate: Estimate, last: Version, reason: str) -> Version:
    """The next draft, copied: content and terms, but neither approval nor dates nor anything the customer did."""
    branch = people.branch(tx, estimate.branch)
    today = tx.now.astimezone(workhours.zone(branch)).date()
    until = max(last.valid_until, _add_days(today, PREFERENCES.read(tx, estimate.branch)["valid_days"]))
    kept = ("currency", "tax_mode", "prices_include_tax", "member", "terms", "notes", "discount", "deposit")
    ident = tx.store.ids()
    version = Version(
        id=ident,
        estimate_id=estimate.id,
        revision=last.revision + 1,
        supersedes=last.revision,
        reason=reason,
        state="draft",
        created_at=tx.now,
        priced_by=[],
        valid_until=until,
        expires_at=workhours.end_of_day(until, branch),
        options=[_copied(tx, option, ident) for option in last.options],
        **{name: getattr(last, name) for name in kept},
    )
    estimate.begin_version(version)
    pricing.price(tx, estimate, version, begun=True)
    return version


def select(tx: Tx, estimate: Estimate) -> Estimate:
    """This is the estimate that its opportunity stands on. Selecting it again changes nothing."""
    opportunity = tx.get(Opportunity, estimate.opportunity_id)
    previous = opportunity.selected_estimate_id
    if previous != estimate.id:
        opportunity.selected_estimate_id = estimate.id
        tx.publish(
            EstimateSelected(**facts.head(tx, estimate), previous_estimate_id=previous, selected_at=tx.now), of=estimate
        )
    return estimate


def follow(tx: Tx, opportunity_id: UUID, *, salesperson_id: UUID | None) -> None:
    """The opportunity has another salesperson: so have its estimates."""
    every = together.of_opportunity(tx, opportunity_id)
    if every:
        every[0].opportunity.salesperson_id = salesperson_id
    for estimate in every:
        previous, estimate.salesperson_id = estimate.salesperson_id, salesperson_id
        if previous != salesperson_id:
            head = facts.head(tx, estimate, every=every)
            tx.publish(EstimateAssigned(**head, previous_salesperson_id=previous), of=estimate)


def _copied(tx: Tx, option: Option, version_id: UUID) -> Option:
    columns = [one.key for one in sa.inspect(Option).column_attrs if one.key not in ("id", "version_id")]
    copy = Option(id=tx.store.ids(), version_id=version_id, **{name: getattr(option, name) for name in columns})
    for row in option.rows:
        names = [one.key for one in sa.inspect(type(row)).column_attrs if one.key not in ("id", "option_id")]
        copy.rows.append(
            type(row)(id=tx.store.ids(), option_id=copy.id, **{name: getattr(row, name) for name in names})
        )
    return copy


def _known(converted: OpportunityConverted) -> dict[str, Any]:
    asked = converted.prospect
    name = {"name": asked.person_name, "company": asked.company}
    bill_to = converted.bill_to or BillTo(**name, address=asked.address, emails=asked.emails)
    site = converted.site or asked.address
    return {
        "branch": converted.branch,
        "lead_id": converted.lead_id,
        "number": converted.number,
        "title": converted.title,
        "salesperson_id": converted.salesperson_id,
        "product_interest": converted.product_interest,
        "prospect": msgspec.to_builtins(replace(asked, trade=converted.trade or asked.trade)),
        "contact": _contact(asked),
        "site": msgspec.to_builtins(site) if site else None,
        "bill_to": msgspec.to_builtins(bill_to),
    }


def _contact(asked: Prospect) -> Any:
    """The person to speak to."""
    name = {"name": asked.person_name, "company": asked.company}
    return msgspec.to_builtins(Contact(**name, phones=asked.phones, emails=asked.emails))


def _rule(given: Any) -> dict[str, Any] | None:
    """A discount or deposit as it is kept: numbers as text."""
    if not given:
        return None
    return {name: value if isinstance(value, bool) else format(value, "f") for name, value in given.items()}


def _add_days(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() + days)
