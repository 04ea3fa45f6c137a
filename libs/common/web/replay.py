"""``/replay``: this service tells again what it has told, for whoever lost it, is new, or builds anew."""

import re

from flask import Blueprint
from marshmallow import validate

from libs.common import outbox
from libs.common.idempotency import Answer
from libs.common.parked import write_down
from libs.common.schema import fields
from libs.common.schema.strict import Given, Schema
from libs.common.web.acts import begin
from libs.common.web.context import store
from libs.common.web.endpoint import endpoint

_CURSOR = re.compile(r"[0-9]{1,18}-[0-9]{1,18}\Z", re.ASCII)


class Replay(Schema):
    """``cursor`` is the answer's ``next``: a long replay is asked for piece by piece."""

    since = fields.Instant(required=True)
    cursor = fields.Text(
        max_length=40, blank=False, validate=validate.Regexp(_CURSOR, error="is not one that was given")
    )


class Piece(Schema):
    count = fields.Whole(most=outbox.PIECE)
    left = fields.Whole()
    next = fields.Text()
    kept_since = fields.Instant()


def add(bp: Blueprint) -> None:
    bp.post("/replay")(replay)


@endpoint(may="parked.admin", body=Replay, answer=Piece)
def replay(given: Given) -> Answer:
    """Send what was told since a time once more; who has it skips it. Ask again with next until there is none.

    A piece of none, with next, means that many are on their way: ask again a little later.
    """
    after, until = (int(part) for part in given["cursor"].split("-")) if "cursor" in given else (0, None)
    with begin() as tx:
        piece = outbox.send_again(tx, given["since"], after, until)
        write_down(tx, "Outbox", given["since"].isoformat(), {"replayed": [None, piece.count]})
        following = f"{piece.through}-{piece.until}" if piece.left else None
        said = {"count": piece.count, "left": piece.left, "next": following, "kept_since": piece.kept_since}
        answer = tx.answer(Piece(), said)
    store().woken()
    return answer
