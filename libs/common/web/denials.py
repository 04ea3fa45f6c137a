"""A refusal for want of permission is written down, so that probing shows."""

import logging

import sqlalchemy as sa
from flask import request

from libs.common.errors import DomainError
from libs.common.web.context import origin, store

log = logging.getLogger("plumbline.web")


def denied() -> None:
    """One audit row in a transaction of its own; that it cannot be written does not turn a no into an error."""
    asked = origin()
    row: dict[str, object] = {
        "actor": asked.actor,
        "action": asked.action,
        "kind": "denied",
        "subject": next(iter(map(str, (request.view_args or {}).values())), "")[:80],
        "changes": {},
        "request": asked.causation,
        "client": asked.client,
        "position": None,
        "hash": None,
    }
    try:
        with store().begin(asked) as tx:
            tx.session.execute(sa.insert(tx.tables.audit).values(at=tx.now, **row))
    except DomainError as trouble:
        log.warning("a denial could not be written down: %s", trouble)
