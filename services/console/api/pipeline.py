"""The funnel as one picture: board, cards, timeline, search."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from flask import Blueprint, request

from libs.common.web import Answer, Given, caller, endpoint, reading
from services.console import usecases
from services.console.schemas import (
    BoardOut,
    BoardQuery,
    CardOut,
    CardQuery,
    SearchQuery,
    TimelineQuery,
    ToldOut,
    WholeCardOut,
)

bp = Blueprint("pipeline", __name__, url_prefix="/api/v1/pipeline")


@bp.get("/board")
@endpoint(may="pipeline.read", query=BoardQuery, answer=BoardOut)
def board(asked: Given) -> Answer:
    """Every lane with how many cards there are, what they are worth, and the newest of them."""
    with reading() as tx:
        return plain(usecases.board(tx, caller(), asked))


@bp.get("/cards")
@endpoint(may="pipeline.read", query=CardQuery, answer=CardOut, many=True)
def cards(asked: Given) -> Answer:
    """Funnels from lead to booking, newest first; ``sort`` names another column, always downwards."""
    with reading() as tx:
        return paged(usecases.cards(tx, caller(), asked))


@bp.get("/cards/<uuid:correlation_id>")
@endpoint(may="pipeline.read", answer=WholeCardOut)
def card(correlation_id: UUID) -> Answer:
    """One funnel with its estimates, booking orders and appointments."""
    with reading() as tx:
        return plain(usecases.card(tx, caller(), correlation_id))


@bp.get("/timeline")
@endpoint(may="pipeline.read", query=TimelineQuery, answer=ToldOut, many=True)
def timeline(asked: Given) -> Answer:
    """Everything that was said of a funnel, newest first."""
    with reading() as tx:
        return paged(usecases.timeline(tx, caller(), asked["correlation_id"], asked))


@bp.get("/search")
@endpoint(may="pipeline.read", query=SearchQuery, answer=CardOut, many=True)
def search(asked: Given) -> Answer:
    """Funnels by name, company, phone, mail address, street or number; every word given begins one of theirs."""
    with reading() as tx:
        return paged(usecases.Page(usecases.search(tx, caller(), asked["q"], limit=asked["limit"])))


def plain(shown: Any) -> Answer:
    """As JSON without a schema's pass over it: rows of this size are mostly passed on."""
    return msgspec.json.encode(shown), 200, {"Content-Type": "application/json"}


def paged(page: usecases.Page) -> Answer:
    body, status, headers = plain({"items": page.items, "next": page.next})
    if page.next:
        where = urlencode({**request.args.to_dict(), "cursor": page.next})
        headers = {**headers, "Link": f'<{request.path}?{where}>; rel="next"'}
    return body, status, headers
