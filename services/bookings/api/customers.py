"""Customers over HTTP."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response

from libs.common.parties import folded
from libs.common.web import (
    AS_FILE,
    Answer,
    Given,
    Listing,
    begin,
    endpoint,
    equal,
    listed,
    one,
    reading,
    visible,
)
from services.bookings import usecases
from services.bookings.model import Customer
from services.bookings.schemas.customers import CUSTOMERS, CustomerEditIn, CustomerOut, CustomerQuery

bp = Blueprint("customers", __name__, url_prefix="/api/v1/bookings/customers")

LISTING = Listing(Customer, sa.select(Customer), equal(branch=Customer.branch))


@bp.get("")
@endpoint(may="customer.read", query=CustomerQuery, answer=CustomerOut, many=True, kinds=AS_FILE)
def customers(asked: Given) -> Answer | Response:
    """Customers of the caller's branches and of the whole company, newest first; with format=csv all as a file."""
    found = [Customer.search.contains(folded(asked["q"]), autoescape=True)] if "q" in asked else []
    with reading() as tx:
        return listed(tx, LISTING, CustomerOut, asked, CUSTOMERS, *found)


@bp.get("/<uuid:customer_id>")
@endpoint(may="customer.read", answer=CustomerOut)
def customer(customer_id: UUID) -> Answer:
    """One customer."""
    with reading() as tx:
        return one(tx, CustomerOut, visible(tx, Customer, customer_id))


@bp.patch("/<uuid:customer_id>")
@endpoint(may="customer.edit", body=CustomerEditIn, answer=CustomerOut, edits=True)
def edit(customer_id: UUID, given: Given) -> Answer:
    """Correct or complete a customer."""
    with begin() as tx:
        found = visible(tx, Customer, customer_id)
        return tx.answer(CustomerOut(), usecases.edit_customer(tx, found, **given))
