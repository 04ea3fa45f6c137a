"""Who buys: recognised by what their enquiry gave, or new; corrected by the office."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from libs.common import people, rowlocks
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.contracts.parts import Contact
from libs.common.contracts.sales import CustomerChanged, CustomerCreated, CustomerMatched
from libs.common.parties import e164, folded, from_anywhere, hashed, match_keys
from libs.common.tx import Tx
from services.bookings.model import Booking, Customer, Job, MatchKey, Sale
from services.bookings.states import ENDED
from services.bookings.usecases import facts, jobs, prepare

Keys = list[tuple[str, str]]

BLANK: dict[str, Any] = msgspec.to_builtins(Contact())
CUSTOMERS = sa.select(Customer.id).order_by(Customer.id).with_for_update()


@dataclass(frozen=True)
class Recognised:
    """Who buys: ``by`` what they were recognised, or nobody yet. What nobody had given is claimed for ``ident``."""

    ident: UUID
    customer: Customer | None = None
    by: tuple[str, ...] = ()


def take_turns(tx: Tx, *sales: sa.ColumnElement[bool], besides: Iterable[UUID] = ()) -> None:
    """Waits for the turn at the customers of these sales, ``besides`` at these, in one order: for acts on several."""
    theirs = sa.select(Sale.customer_id).where(*sales)
    every = theirs.union_all(*(sa.select(sa.literal(one, sa.Uuid)) for one in besides))  # an "or" reads all there are
    rowlocks.acquire(tx, CUSTOMERS.where(Customer.id.in_(every)), {})


def recognise(tx: Tx, accepted: EstimateAccepted) -> Recognised:
    """Who this prospect is by what they gave, if anybody yet. Theirs is the turn, and that of who bought before them
    with this opportunity or on this job.

    Keys are claimed before anything is looked up, so that two sales to one prospect at once meet here, and make one.
    """
    ident, keys = tx.store.ids(), _keys_of(accepted)
    owners = claim(tx, keys, ident)
    before = Sale.opportunity_id == accepted.opportunity_id
    take_turns(tx, before if accepted.job_id is None else before | (Sale.job_id == accepted.job_id), besides=owners)
    oldest = sa.select(Customer.id).where(Customer.id.in_(owners)).order_by(Customer.created_at, Customer.id).limit(1)
    known = tx.session.scalars(oldest).first() if set(owners) - {ident} else None
    if known is None:
        return Recognised(ident)
    return Recognised(ident, tx.get(Customer, known), tuple(sorted(owners[known])))


def buys_again(tx: Tx, known: Recognised, customer: Customer, accepted: EstimateAccepted) -> Customer:
    """The sale is to a customer who is there: they are recognised by what the prospect newly gave, too."""
    tx.session.execute(sa.update(MatchKey).where(MatchKey.customer_id == known.ident).values(customer_id=customer.id))
    contact = msgspec.to_builtins(accepted.contact)
    customer.buys_again(branch=accepted.branch, lead_id=accepted.lead_id, contact=contact)
    _index(customer)
    return customer


def tell(tx: Tx, customer: Customer, sale: Sale, matched_by: tuple[str, ...]) -> None:
    """Says who it is that bought."""
    head = facts.customer(customer, sale)
    tx.publish(CustomerMatched(**head, matched_by=matched_by) if matched_by else CustomerCreated(**head), of=customer)


def edit_customer(tx: Tx, customer: Customer, **given: Any) -> Customer:
    """Corrections by the office; jobs and orders call the customer by the new name, and know them by what was added."""
    if "contacts" in given:
        given["contacts"] = [_whole(tx, customer, one) for one in given["contacts"]]
    changed, before = [name for name in given if getattr(customer, name) != given[name]], customer.contacts
    for name in changed:
        setattr(customer, name, given[name])
    if not changed:
        return customer
    if "name" in changed:
        _call(tx, customer)
    if "contacts" in changed and len(before) == len(customer.contacts):  # put right, none more and none less
        _put_right(tx, customer, before)
    _index(customer)
    contacts = [msgspec.convert(one, Contact, strict=False) for one in customer.contacts]
    keys: Keys = []
    for one in contacts:
        keys += _keys(one.name, one.company, [phone.e164 or phone.typed for phone in one.phones], one.emails, None)
    claim(tx, keys, customer.id)
    tx.publish(CustomerChanged(**facts.customer(customer), changed=tuple(changed)), of=customer)
    return customer


def _whole(tx: Tx, customer: Customer, said: dict[str, Any]) -> dict[str, Any]:
    """A contact as a sale brings it: what is not said is blank, and who is said as before is the same."""
    return BLANK | said | {"phones": [_dialled(tx, customer, one) for one in said.get("phones", ())]}


def _dialled(tx: Tx, customer: Customer, phone: dict[str, str]) -> dict[str, str]:
    """A number that says no country is the customer's branch's."""
    return phone | {"e164": e164(from_anywhere(phone["e164"], people.country(tx, customer.branch))) or ""}


def _call(tx: Tx, customer: Customer) -> None:
    """Jobs and booking orders show the customer's name, and jobs are found by it."""
    for job in rowlocks.read_in_turn(tx, sa.select(Job).where(Job.customer_id == customer.id).order_by(Job.id)):
        job.customer_name = customer.name
        jobs.index(job)
    orders = sa.select(Booking).where(Booking.customer_id == customer.id).order_by(Booking.id)
    for booking in rowlocks.read_in_turn(tx, orders):
        booking.customer_name = customer.name
        facts.tell_change(tx, booking, "customer_name")


def _put_right(tx: Tx, customer: Customer, before: Sequence[Any]) -> None:
    """Whom to ask for is put right in the orders that are still to be done."""
    mine = sa.select(Booking).where(Booking.customer_id == customer.id, Booking.state.not_in(ENDED))
    for booking in rowlocks.read_in_turn(tx, mine.order_by(Booking.id)):
        now = next((now for was, now in zip(before, customer.contacts, strict=True) if was == booking.contact), None)
        if now is not None:
            prepare.put_right(tx, booking, contact=(booking.contact, now))


def claim(tx: Tx, keys: Keys, ident: UUID) -> dict[UUID, set[str]]:
    """Takes the keys that nobody has. Returns who has these keys now, and which kinds of them."""
    if not keys:
        return {}
    rows = [{"why": why, "value": hashed(value), "customer_id": ident} for why, value in sorted(set(keys))]
    taken = tx.execute(_claiming(tx.store.database.sqlite), rows).all()
    if len(taken) == len(rows):
        return {ident: {row.why for row in taken}}
    pair = sa.tuple_(MatchKey.why, MatchKey.value).in_([(row["why"], row["value"]) for row in rows])
    owners: dict[UUID, set[str]] = {}
    for row in tx.session.execute(sa.select(MatchKey.why, MatchKey.customer_id).where(pair)):
        owners.setdefault(row.customer_id, set()).add(row.why)
    return owners


@functools.cache
def _claiming(in_sqlite: bool) -> Any:
    """Takes those keys of the given rows that nobody has."""
    insert = (sqlite.insert if in_sqlite else postgresql.insert)(MatchKey)
    return insert.on_conflict_do_nothing().returning(MatchKey.why)


def make(tx: Tx, ident: UUID, number: int, accepted: EstimateAccepted) -> Customer:
    """A new customer, who is called as the acceptance has it."""
    bill_to, prospect, contact = accepted.bill_to, accepted.prospect, accepted.contact
    known = bill_to.company or bill_to.name or prospect.company or prospect.person_name
    customer = tx.new(
        Customer,
        ident,
        number=f"C-{number:05d}",
        name=known or contact.company or contact.name or accepted.typed_name,
        tax_status=bill_to.tax_status,
        bill_to=msgspec.to_builtins(bill_to),
        contacts=[msgspec.to_builtins(contact)],
        lead_id=accepted.lead_id,
        branch=accepted.branch,
    )
    _index(customer)
    return customer


def _index(customer: Customer) -> None:
    said = [customer.number, customer.name]
    for one in customer.contacts:
        said += [one.get("name", ""), *one.get("emails", ()), *(phone["e164"] for phone in one.get("phones", ()))]
    customer.search = folded(" ".join(word for word in said if word))


def _keys_of(accepted: EstimateAccepted) -> Keys:
    asked = accepted.prospect
    place = msgspec.to_builtins(asked.address) if asked.address else None
    phones = [phone.e164 or phone.typed for phone in asked.phones]
    return _keys(asked.person_name, asked.company, phones, asked.emails, place)


def _keys(name: str, company: str, phones: list[str], emails: tuple[str, ...], place: dict[str, Any] | None) -> Keys:
    keys = match_keys(person_name=name or None, company=company or None, phones=phones, emails=emails, address=place)
    return [(why, value) for why, value in keys if why != "company_domain"]
