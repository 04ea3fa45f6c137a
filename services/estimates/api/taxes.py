"""Tax codes over HTTP."""

import sqlalchemy as sa
from flask import Blueprint

from libs.common.errors import Fault, Invalid, NotFound
from libs.common.web import Answer, Given, Listing, Page, begin, caller, endpoint, one, page, reading, scoped
from services.estimates import usecases
from services.estimates.model import TaxCode
from services.estimates.schemas.catalogue import TaxCodeIn, TaxCodeOut

bp = Blueprint("taxes", __name__, url_prefix="/api/v1/estimates/tax-codes")

LONGEST = 40
LISTING = Listing(TaxCode, sa.select(TaxCode))


@bp.get("")
@endpoint(may="pricebook.read", query=Page, answer=TaxCodeOut, many=True)
def tax_codes(asked: Given) -> Answer:
    """The tax codes there are."""
    with reading() as tx:
        return page(tx, LISTING, TaxCodeOut, asked)


@bp.get("/<code>")
@endpoint(may="pricebook.read", answer=TaxCodeOut)
def tax_code(code: str) -> Answer:
    """One tax code."""
    with reading() as tx:
        wanted = scoped(sa.select(TaxCode).where(TaxCode.code == code), TaxCode, caller(), "pricebook.read")
        found = tx.find(wanted)
        if found is None:
            raise NotFound(f"there is no tax code {code[:LONGEST]}")
        return one(tx, TaxCodeOut, found)


@bp.put("/<code>")
@endpoint(may="taxcode.edit", body=TaxCodeIn, answer=TaxCodeOut)
def put_tax_code(code: str, given: Given) -> Answer:
    """Make or change a tax code. What was priced before keeps its rate."""
    if len(code) > LONGEST or not code.isprintable() or not code.strip():
        raise Invalid("such a tax code cannot be", errors=[Fault("/code", f"is 1 to {LONGEST} printable characters")])
    with begin() as tx:
        made, new = usecases.put_tax_code(tx, code, **given)
        return tx.answer(TaxCodeOut(), made, 201 if new else 200)
