"""The customer's link: a secret that opens one version, while that version stands.

The link's own record holds only its fingerprint. The address as a whole stands in two places besides, for a time: in
the mail until a server took it, and for seven days in the answer kept for a repeated request. Who reads this database
can open an offer that was sent this week; a link that was revoked opens nothing wherever it was found.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from libs.common import eagerload, people, rowlocks, workhours
from libs.common.errors import Conflict, Gone, NotFound
from libs.common.formatting import closing, full_day, said
from libs.common.tx import Tx
from services.estimates.model import Estimate, Link
from services.estimates.states import EstimateState

SECRET_BYTES = 32  #: 256 random bits
LINKED = sa.and_(Link.estimate_id == Estimate.id, Link.token_hash == sa.bindparam("token"))
LOOKING = eagerload.selecting(Estimate).join(Link, LINKED).add_columns(Link)
TAKING = eagerload.selecting_for_update(Estimate).join(Link, LINKED).add_columns(Link)
BRANCH = sa.select(Estimate.branch).join(Link, LINKED)
TURN = rowlocks.lock(Estimate).join(Link, LINKED)
GONE = said("this offer is no longer available; please ask us for the current one")


class AlreadyAccepted(Conflict):
    """It was accepted before, once and for good; ``acceptance_id`` is the first."""

    slug, title = "already-accepted", "Accepted already"


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(tx: Tx, estimate: Estimate, to: Sequence[str]) -> str:
    """A new link to the version in hand. Returns its secret, of which the record keeps the fingerprint alone."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    link = Link(
        id=tx.store.ids(),
        estimate_id=estimate.id,
        revision=estimate.revision,
        token_hash=fingerprint(secret),
        sent_to=list(to),
        created_at=tx.now,
        created_by=tx.actor,
    )
    tx.session.add(link)
    return secret


def estimate_of(tx: Tx, secret: str, *, lock: bool, acting: bool = False) -> Estimate:
    """The estimate behind a link. Raises NotFound for one that never was, Gone for one that is over.

    ``acting``: an offer whose time is up is found all the same, and the act itself is refused.
    """
    given = {"token": fingerprint(secret)}
    found = (
        eagerload.fetch_for_update(tx, Estimate, TURN, TAKING, given) if lock else eagerload.fetch(tx, LOOKING, given)
    )
    if found is None:
        raise NotFound("there is nothing at this address")
    estimate: Estimate = found.Estimate
    _demand_open(tx, found.Link, estimate, acting)
    return estimate


def whose(tx: Tx, secret: str) -> UUID | None:
    """The branch whose offer it was: whom to ask, also where that is over."""
    found: UUID | None = tx.execute(BRANCH, {"token": fingerprint(secret)}).scalar()
    return found


def _demand_open(tx: Tx, link: Link, estimate: Estimate, acting: bool) -> None:
    if link.revoked_at is not None or link.revision != estimate.revision:
        raise Gone(GONE)
    if estimate.state == EstimateState.WITHDRAWN:
        raise Gone(GONE)
    over = estimate.state == EstimateState.EXPIRED or tx.now >= estimate.expires_at
    if over and estimate.state != EstimateState.ACCEPTED and not acting:
        raise Gone(GONE)


def revoke_all(tx: Tx, estimate: Estimate) -> None:
    for link in tx.all(sa.select(Link).where(Link.estimate_id == estimate.id, Link.revoked_at.is_(None))):
        link.revoked_at = tx.now


def revoke(tx: Tx, estimate: Estimate, link_id: UUID) -> Link:
    """This link opens nothing any more. Doing it again changes nothing."""
    link = tx.find(sa.select(Link).where(Link.id == link_id, Link.estimate_id == estimate.id))
    if link is None:
        raise NotFound(f"there is no link {link_id}")
    if link.revoked_at is None:
        link.revoked_at = tx.now
        tx.touch(estimate)
    return link


def demand_not_accepted(tx: Tx, estimate: Estimate) -> None:
    """Raises AlreadyAccepted with the first acceptance, and its day."""
    if estimate.acceptance is not None:
        when = f"estimate {estimate.number} was accepted on {full_day(accepted_on(tx, estimate))}"
        raise AlreadyAccepted(when, acceptance_id=str(estimate.acceptance.id), state=str(estimate.state))


def accepted_on(tx: Tx, estimate: Estimate) -> date:
    """The day of the acceptance that there is, in the branch."""
    assert estimate.acceptance is not None, "asked of an accepted estimate only"
    return estimate.acceptance.accepted_at.astimezone(workhours.zone(people.branch(tx, estimate.branch))).date()


def cancellable_until(tx: Tx, estimate: Estimate) -> date | None:
    """The last day, in the branch, on which the customer may still take it back; None where there is none."""
    assert estimate.acceptance is not None, "asked of an accepted estimate only"
    ends = estimate.acceptance.cancel_until
    if ends is None or ends <= tx.now:
        return None
    return closing(ends.astimezone(workhours.zone(people.branch(tx, estimate.branch))))[0]
