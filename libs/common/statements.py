"""The kernel's own statements, built once for a service's tables: building one anew costs more than running it."""

import functools
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite

from libs.common.orm import Tables


@dataclass(frozen=True)
class Statements:
    """What each does is said where it is used; parameters are named after what they carry."""

    claim: Any
    claimed: Any
    keep: Any
    outbox: Any
    audit: Any
    positions: Any
    move: Any
    unpublished: Any
    published: Any


@functools.cache
def of(tables: Tables, in_sqlite: bool) -> Statements:
    """The statements over these tables, in the database's dialect."""
    kept = tables.idempotency
    columns = ("caller", "path", "key", "fingerprint", "created_at")
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    new = sqlite.insert(kept).values(values) if in_sqlite else postgresql.insert(kept).values(values)
    mine = sa.and_(
        kept.c.caller == bindparam("by"), kept.c.path == bindparam("at_path"), kept.c.key == bindparam("with_key")
    )
    position, held, outbox = tables.stream_pos, tables.held, tables.outbox
    behind = sa.and_(held.c.producer == position.c.producer, held.c.agg == position.c.agg)
    return Statements(
        claim=new.on_conflict_do_nothing().returning(kept.c.key),
        claimed=sa.select(kept).where(mine),
        keep=sa.update(kept)
        .where(mine)
        .values(status=bindparam("status"), headers=bindparam("headers"), body=bindparam("body")),
        outbox=sa.insert(outbox),
        audit=sa.insert(tables.audit),
        positions=sa.select(
            position,
            held.c.agg_seq,
            held.c.body,
            held.c.attempts,
            held.c.waits,
            held.c.due_at,
            held.c.reason,
        )
        .select_from(position.outerjoin(held, behind))
        .where(sa.tuple_(position.c.producer, position.c.agg).in_(bindparam("keys", expanding=True)))
        .order_by(position.c.producer, position.c.agg)
        .with_for_update(of=position),
        move=sa.update(position)
        .where(position.c.producer == bindparam("p"), position.c.agg == bindparam("a"))
        .values(last_seq=bindparam("n"), last_event=bindparam("e")),
        unpublished=sa.select(outbox.c.id, outbox.c.event_id, outbox.c.type, outbox.c.body)
        .where(outbox.c.published_at.is_(None))
        .order_by(outbox.c.id)
        .limit(bindparam("most")),
        published=sa.update(outbox)
        .where(outbox.c.id.in_(bindparam("rows", expanding=True)))
        .values(published_at=bindparam("at")),
    )
