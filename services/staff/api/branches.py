"""Branches over HTTP: everybody signed in may know their names, zones and currencies."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint

from libs.common.web import SIGNED_IN, Answer, Given, Listing, caller, endpoint, one, page, reading, visible
from services.staff import usecases
from services.staff.api.changing import changing
from services.staff.model import Branch
from services.staff.schemas.branches import BranchEditIn, BranchIn, BranchName, BranchOut, BranchQuery

bp = Blueprint("staff_branches", __name__, url_prefix="/api/v1/staff/branches")


LISTING = Listing(Branch, sa.select(Branch))


def _shown() -> type[BranchName]:
    return BranchOut if caller().may("staff.read") else BranchName


@bp.get("")
@endpoint(may=SIGNED_IN, query=BranchQuery, answer=BranchOut, many=True)
def branches(asked: Given) -> Answer:
    """All branches, newest first; without staff.read, what times and amounts need."""
    with reading() as tx:
        return page(tx, LISTING, _shown(), asked)


@bp.post("")
@endpoint(may="staff.admin", body=BranchIn, answer=BranchOut, status=201)
def open_branch(given: Given) -> Answer:
    """Open a branch."""
    with changing() as tx:
        branch = usecases.open_branch(tx, **given)
        return tx.answer(BranchOut(), branch, 201, {"Location": f"/api/v1/staff/branches/{branch.id}"})


@bp.get("/<uuid:branch_id>")
@endpoint(may=SIGNED_IN, answer=BranchOut)
def branch(branch_id: UUID) -> Answer:
    """One branch."""
    with reading() as tx:
        return one(tx, _shown(), visible(tx, Branch, branch_id))


@bp.patch("/<uuid:branch_id>")
@endpoint(may="staff.admin", body=BranchEditIn, answer=BranchOut, edits=True)
def change_branch(branch_id: UUID, given: Given) -> Answer:
    """Correct a branch: its hours, area, trades and the rest."""
    with changing() as tx:
        return tx.answer(BranchOut(), usecases.change_branch(tx, visible(tx, Branch, branch_id), **given))
