"""The kernel's own statements, built once for a service's tables: building one anew costs more than running it."""

import functools
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from libs.common.orm import Tables


@dataclass(frozen=True)
class Statements:
    """What each does is said where it is used; parameters are named after what they carry."""

    outbox: Any
    audit: Any
    idempotency: Any
    stream_pos: Any
    moved: Any
    answered: Any
    positions: Any
    held_due: Any
    held_waiting: Any
    unpublished: Any
    published: Any
    unlinked: Any
    linked: Any


@functools.cache
def of(tables: Tables) -> Statements:
    """The statements over these tables; both dialects have them alike."""
    kept = tables.idempotency
    mine = sa.and_(
        kept.c.caller == bindparam("by"), kept.c.path == bindparam("at_path"), kept.c.key == bindparam("with_key")
    )
    position, held, outbox = tables.stream_pos, tables.held, tables.outbox
    behind = sa.and_(held.c.producer == position.c.producer, held.c.agg == position.c.agg)
    waiting = sa.select(held.c.body).order_by(held.c.due_at).limit(bindparam("most"))
    unlinked = sa.select(tables.audit).where(tables.audit.c.position.is_(None)).order_by(tables.audit.c.id)
    return Statements(
        outbox=sa.insert(outbox),
        audit=sa.insert(tables.audit),
        idempotency=sa.insert(kept),
        stream_pos=sa.insert(position),
        moved=sa.text(
            "UPDATE stream_pos SET last_seq = :last_seq, last_event = :last_event "
            "WHERE producer = :producer AND agg = :agg"
        ).bindparams(bindparam("agg", type_=sa.Uuid), bindparam("last_event", type_=sa.Uuid)),
        answered=sa.select(kept).where(mine),
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
        held_due=waiting.where(held.c.due_at <= bindparam("now")),
        held_waiting=waiting.where(held.c.due_at.is_not(None), held.c.waits > 0),
        unpublished=sa.select(outbox.c.id, outbox.c.event_id, outbox.c.type, outbox.c.body)
        .where(outbox.c.published_at.is_(None))
        .order_by(outbox.c.id)
        .limit(bindparam("most")),
        published=sa.update(outbox)
        .where(outbox.c.id.in_(bindparam("rows", expanding=True)))
        .values(published_at=bindparam("at")),
        unlinked=unlinked.limit(bindparam("most")),
        linked=sa.update(tables.audit)
        .where(tables.audit.c.id == bindparam("row"))
        .values(position=bindparam("place"), hash=bindparam("link")),
    )
