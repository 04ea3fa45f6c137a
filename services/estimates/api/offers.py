"""An estimate goes to the customer: sent, shared, extended, withdrawn, revised, talked about."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint

from libs.common.web import Answer, Given, begin, caller, endpoint, items, on_paper, reading, visible
from services.estimates import usecases
from services.estimates.adapters import texts
from services.estimates.adapters.pdf import estimate_pdf
from services.estimates.api.shown import shown
from services.estimates.model import Estimate, Link, Round
from services.estimates.schemas.incoming import ExtendIn, ReviseIn, RoundIn, SendIn, WithdrawIn
from services.estimates.schemas.outgoing import (
    EstimateOut,
    LinkOut,
    RoundOut,
    SentOut,
    VersionOut,
    VersionWhole,
)
from services.estimates.usecases import showing, versions

bp = Blueprint("offers", __name__, url_prefix="/api/v1/estimates/<uuid:estimate_id>")


@bp.post("/send")
@endpoint(may="estimate.send", body=SendIn, answer=SentOut)
def send(estimate_id: UUID, given: Given) -> Answer:
    """Freeze the version and mail the customer its link. 409 names everything that is missing, an approval included."""
    with begin() as tx:
        found = visible(tx, Estimate, estimate_id)
        say = texts.spoken(texts.language(tx, found))
        found.share_url = usecases.send(tx, found, roles=caller().roles, say=say, **given)
        return tx.answer(SentOut(), shown(tx, found))


@bp.post("/links")
@endpoint(may="estimate.send", body=SendIn, answer=SentOut)
def share(estimate_id: UUID, given: Given) -> Answer:
    """Mail another link to an offer that is out."""
    with begin() as tx:
        found = visible(tx, Estimate, estimate_id)
        found.share_url = usecases.share(tx, found, say=texts.spoken(texts.language(tx, found)), **given)
        return tx.answer(SentOut(), shown(tx, found))


@bp.get("/links")
@endpoint(may="estimate.read", answer=LinkOut, many=True)
def links(estimate_id: UUID) -> Answer:
    """The links that were given out, without their secrets."""
    with reading() as tx:
        found = visible(tx, Estimate, estimate_id)
        mine = sa.select(Link).where(Link.estimate_id == found.id).order_by(Link.created_at)
        return items(LinkOut, tx.all(mine))


@bp.post("/links/<uuid:link_id>/revoke")
@endpoint(may="estimate.send", answer=LinkOut)
def revoke(estimate_id: UUID, link_id: UUID) -> Answer:
    """Close a link: whoever has it sees nothing any more."""
    with begin() as tx:
        return tx.answer(LinkOut(), usecases.revoke(tx, visible(tx, Estimate, estimate_id), link_id))


@bp.post("/revise")
@endpoint(may="estimate.draft", body=ReviseIn, answer=EstimateOut)
def revise(estimate_id: UUID, given: Given) -> Answer:
    """Begin the next version; the one that is out holds no longer, nor does its link."""
    with begin() as tx:
        return tx.answer(EstimateOut(), shown(tx, usecases.revise(tx, visible(tx, Estimate, estimate_id), **given)))


@bp.get("/versions")
@endpoint(may="estimate.read", answer=VersionOut, many=True)
def all_versions(estimate_id: UUID) -> Answer:
    """Every version there was, oldest first."""
    with reading() as tx:
        return items(VersionOut, visible(tx, Estimate, estimate_id).versions)


@bp.get("/versions/<int:revision>")
@endpoint(may="estimate.read", answer=VersionWhole)
def version(estimate_id: UUID, revision: int) -> Answer:
    """One version with all it says, exactly as it was sent."""
    with reading() as tx:
        return tx.answer(VersionWhole(), versions.of(visible(tx, Estimate, estimate_id), revision))


@bp.post("/rounds")
@endpoint(may="estimate.draft", body=RoundIn, answer=RoundOut, status=201)
def record_round(estimate_id: UUID, given: Given) -> Answer:
    """Record a step of the negotiation: counter, concession, scope change or note, by us or by the customer."""
    with begin() as tx:
        return tx.answer(RoundOut(), usecases.record_round(tx, visible(tx, Estimate, estimate_id), **given), 201)


@bp.get("/rounds")
@endpoint(may="estimate.read", answer=RoundOut, many=True)
def rounds(estimate_id: UUID) -> Answer:
    """The negotiation so far, in order."""
    with reading() as tx:
        found = visible(tx, Estimate, estimate_id)
        return items(RoundOut, tx.all(sa.select(Round).where(Round.estimate_id == found.id).order_by(Round.number)))


@bp.post("/extend")
@endpoint(may="estimate.send", body=ExtendIn, answer=EstimateOut)
def extend(estimate_id: UUID, given: Given) -> Answer:
    """Let a live offer hold until a later day."""
    with begin() as tx:
        return tx.answer(EstimateOut(), shown(tx, usecases.extend(tx, visible(tx, Estimate, estimate_id), **given)))


@bp.post("/withdraw")
@endpoint(may="estimate.send", body=WithdrawIn, answer=EstimateOut)
def withdraw(estimate_id: UUID, given: Given) -> Answer:
    """Take a live offer back; its link says nothing of it any more."""
    with begin() as tx:
        return tx.answer(EstimateOut(), shown(tx, usecases.withdraw(tx, visible(tx, Estimate, estimate_id), **given)))


@bp.get("/estimate.pdf")
@endpoint(may="estimate.read", kinds=("application/pdf",))
def pdf(estimate_id: UUID) -> Answer:
    """The estimate on paper, as the customer sees it: in the branch's language, not the caller's."""
    with reading() as tx:
        found = visible(tx, Estimate, estimate_id)
        say = texts.spoken(texts.language(tx, found))
        offer = showing.offer(tx, found, say)
    return on_paper(estimate_pdf(offer, say), found.number)
