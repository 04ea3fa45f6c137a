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
    untimed: Any
    answered: Any
    position: Any
    positions: Any
    stands: Any
    touched: Any
    let_go: Any
    due_now: Any
    parked: Any
    held_due: Any
    held_waiting: Any
    unpublished: Any
    published: Any
    timer_leased: Any
    timer_failed: Any
    timer_fired: Any
    answers_before: Any
    unlinked: Any
    last_linked: Any
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
    standing = (
        sa.select(
            position,
            held.c.agg_seq,
            held.c.event_id,
            held.c.body,
            held.c.attempts,
            held.c.waits,
            held.c.due_at,
            held.c.reason,
        )
        .select_from(position.outerjoin(held, behind))
        .order_by(position.c.producer, position.c.agg)
        .with_for_update(of=position)
    )
    here = sa.and_(position.c.producer == bindparam("of_producer"), position.c.agg == bindparam("of_agg"))
    this = sa.and_(
        held.c.producer == bindparam("of_producer"),
        held.c.agg == bindparam("of_agg"),
        held.c.agg_seq == bindparam("of_seq"),
    )
    timers = tables.timers
    timer = sa.and_(timers.c.kind == bindparam("of_kind"), timers.c.subject == bindparam("of_subject"))
    attempt = sa.and_(timer, timers.c.attempts == bindparam("of_attempt"), timers.c.due_at == bindparam("of_due"))
    waiting = sa.select(held.c.body).order_by(held.c.due_at).limit(bindparam("most"))
    chain = tables.audit.c
    unlinked = sa.select(tables.audit).where(chain.position.is_(None)).order_by(chain.id)
    return Statements(
        outbox=sa.insert(outbox),
        audit=sa.insert(tables.audit),
        idempotency=sa.insert(kept),
        stream_pos=sa.insert(position),
        moved=sa.update(position).where(here).values(last_seq=bindparam("to_seq"), last_event=bindparam("to_event")),
        untimed=sa.delete(timers).where(timer),
        answered=sa.select(kept).where(mine),
        position=standing.where(here),
        positions=standing.where(sa.tuple_(position.c.producer, position.c.agg).in_(bindparam("keys", expanding=True))),
        stands=sa.update(position).where(here),
        touched=sa.update(position).where(here).values(state=position.c.state),
        let_go=sa.delete(held).where(this),
        due_now=sa.update(held).where(this).values(due_at=bindparam("at")),
        parked=sa.insert(tables.parked),
        held_due=sa.union_all(  # each a stretch of the index: with OR, all that has no due time would be read as well
            sa.select(waiting.where(held.c.due_at <= bindparam("now")).subquery().c.body),
            sa.select(waiting.where(held.c.due_at > bindparam("beyond")).subquery().c.body),
        ),
        held_waiting=waiting.where(held.c.due_at.is_not(None), held.c.waits > 0),
        unpublished=sa.select(outbox.c.id, outbox.c.event_id, outbox.c.type, outbox.c.body)
        .where(outbox.c.published_at.is_(None))
        .order_by(outbox.c.id)
        .limit(bindparam("most")),
        published=sa.update(outbox)
        .where(outbox.c.id.in_(bindparam("rows", expanding=True)))
        .values(published_at=bindparam("at")),
        timer_leased=sa.update(timers)
        .where(attempt)
        .values(attempts=bindparam("count"), due_at=bindparam("until"), failed=bindparam("why"))
        .returning(timers.c.payload),
        timer_failed=sa.update(timers).where(attempt).values(due_at=bindparam("until"), failed=bindparam("why")),
        timer_fired=sa.delete(timers).where(attempt).returning(timers.c.payload),
        answers_before=sa.select(kept.c.created_at)
        .where(kept.c.created_at < bindparam("past"))
        .order_by(kept.c.created_at)
        .limit(bindparam("most")),
        unlinked=unlinked.limit(bindparam("most")),
        last_linked=sa.select(chain.position, chain.hash)
        .where(chain.position.is_not(None))  # so that its index is read from the end
        .order_by(chain.position.desc())
        .limit(1),
        linked=sa.update(tables.audit)
        .where(tables.audit.c.id == bindparam("row"))
        .values(position=bindparam("place"), hash=bindparam("link")),
    )
