"""One estimate for its customer, by its link: the link is the permission. A look changes nothing."""

from typing import Any

from flask import Blueprint, request

from libs.common.errors import NotFound
from libs.common.tx import Tx
from libs.common.web import LINK, Answer, Given, begin, endpoint, limit, on_paper, reading
from services.estimates import usecases
from services.estimates.adapters import texts
from services.estimates.adapters.pdf import estimate_pdf
from services.estimates.model import Estimate
from services.estimates.schemas.incoming import AcceptIn, ChangesIn, DeclineIn
from services.estimates.schemas.shared import AcceptedOut, SharedOut, StateOut
from services.estimates.states import Method
from services.estimates.usecases import links, showing

bp = Blueprint("shared", __name__, url_prefix="/api/v1/shared")

MISSES_A_MINUTE = 30  #: for an address; who has a right link is never refused for others' guesses
ACTS_A_MINUTE = 60  #: for a link


@bp.get("/<token>")
@endpoint(may=LINK, answer=SharedOut)
def offer(token: str) -> Answer:
    """The offer behind a link, without anything that is not the customer's business."""
    with reading() as tx:
        found = opened(tx, token)
        found.company, found.consent_text = showing.company(tx, found.branch), showing.consent_text(tx, found)
        body, status, _ = tx.answer(SharedOut(), found)
        return body, status, {"Content-Type": "application/json"}


@bp.get("/<token>/estimate.pdf")
@endpoint(may=LINK, kinds=("application/pdf",))
def pdf(token: str) -> Answer:
    """The offer on paper."""
    with reading() as tx:
        found = opened(tx, token)
        say = texts.spoken(texts.language(tx, found, request.accept_languages.values()))
        shown = showing.offer(tx, found, say)
    return on_paper(estimate_pdf(shown, say), found.number)


@bp.post("/<token>/viewed")
@endpoint(may=LINK, answer=StateOut)
def viewed(token: str) -> Answer:
    """The page says that it was read."""
    with begin() as tx:
        return tx.answer(StateOut(), usecases.view(tx, acting(tx, token, looks=True)))


@bp.post("/<token>/accept")
@endpoint(may=LINK, body=AcceptIn, answer=AcceptedOut)
def accept(token: str, given: Given) -> Answer:
    """Accept one option with the add-ons chosen. Once: any later one is told of the first."""
    given.pop("consent")
    with begin() as tx:
        return tx.answer(AcceptedOut(), usecases.accept(tx, acting(tx, token), **given, **from_link()))


@bp.post("/<token>/decline")
@endpoint(may=LINK, body=DeclineIn, answer=StateOut)
def decline(token: str, given: Given) -> Answer:
    """Say no, with a reason."""
    with begin() as tx:
        return tx.answer(StateOut(), usecases.decline(tx, acting(tx, token), **given))


@bp.post("/<token>/request-changes")
@endpoint(may=LINK, body=ChangesIn, answer=StateOut)
def request_changes(token: str, given: Given) -> Answer:
    """Ask for something else before deciding."""
    with begin() as tx:
        return tx.answer(StateOut(), usecases.request_changes(tx, acting(tx, token), **given))


def opened(tx: Tx, token: str) -> Estimate:
    """The estimate behind a link, to look at."""
    try:
        return links.estimate_of(tx, token, lock=False)
    except NotFound:
        _missed()
        raise


def acting(tx: Tx, token: str, *, looks: bool = False) -> Estimate:
    """The estimate behind a link, locked, to do something with."""
    try:
        found = links.estimate_of(tx, token, lock=True, acting=not looks)
    except NotFound:
        _missed()
        raise
    limit(f"link:{links.fingerprint(token)}", ACTS_A_MINUTE)
    return found


def from_link() -> dict[str, Any]:
    """What is kept of the one who accepts through a link."""
    agent = "".join(one for one in request.user_agent.string if one.isprintable())
    return {"method": Method.LINK, "ip": request.remote_addr or "", "user_agent": agent}


def _missed() -> None:
    limit(f"link-miss:{request.remote_addr}", MISSES_A_MINUTE)
