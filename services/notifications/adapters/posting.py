"""Deliveries go out, at least once each and a record's in their order, signed as Standard Webhooks has it.

A sender takes one webhook on a lease, so that a receiver who hangs holds up nobody else's, and posts what waits for it
over one line. What fails because of the receiver lets the whole webhook rest, longer and longer; what it refuses is
that delivery's matter, and in the end given up, so that the others go on.
"""

import contextlib
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from standardwebhooks import Webhook as Signing

from libs.common import direct
from libs.common.egress import Line, NotOutside, Said, Unreachable, target
from libs.common.errors import NotFound
from libs.common.mail import one_line
from libs.common.service import Job
from libs.common.store import Store
from libs.common.tx import Origin
from services.notifications import usecases
from services.notifications.model import WAITING, Webhook, WebhookDelivery
from services.notifications.states import DeliveryState, WebhookState

LEASE = timedelta(seconds=60)  #: longer than TURN_S and one post more
TURN_S = 3.0  #: how long a webhook is served before another one's turn
BATCH = 50
SENDING = 3  #: as many receivers may hang before anybody waits for them
TRIES = 6  #: of a delivery that its receiver refuses: within some twenty minutes
FIRST_REST, LONGEST_REST, LONGEST_ASKED = timedelta(seconds=5), timedelta(hours=1), timedelta(hours=24)
GIVES_UP = timedelta(days=5)  #: a webhook that fails for so long is disabled
CLOUD_EVENT, JSON = "application/cloudevents+json", "application/json"
GONE, UNPROCESSABLE = 410, frozenset({400, 405, 406, 411, 413, 414, 415, 422, 501})  #: said of this one, not of all

webhooks: Any = Webhook.__table__
deliveries: Any = WebhookDelivery.__table__
earlier = deliveries.alias("earlier")
THERE = sa.exists().where(deliveries.c.webhook_id == webhooks.c.id, WAITING, deliveries.c.due_at <= sa.bindparam("now"))
SERVED = (
    sa.select(webhooks)
    .where(
        webhooks.c.state == WebhookState.ACTIVE,
        sa.or_(webhooks.c.leased_until.is_(None), webhooks.c.leased_until <= sa.bindparam("now")),
        sa.or_(webhooks.c.rests_until.is_(None), webhooks.c.rests_until <= sa.bindparam("now")),
        THERE,
    )
    .order_by(sa.func.coalesce(webhooks.c.served_at, webhooks.c.created_at))
    .limit(1)
)
BEFORE = sa.exists().where(
    earlier.c.webhook_id == deliveries.c.webhook_id,
    earlier.c.subject == deliveries.c.subject,
    earlier.c.place < deliveries.c.place,
    earlier.c.settled_at.is_(None),
)
NEXT = (
    sa.select(deliveries)
    .where(deliveries.c.webhook_id == sa.bindparam("of"), WAITING, deliveries.c.due_at <= sa.bindparam("now"), ~BEFORE)
    .order_by(deliveries.c.place)
    .limit(BATCH)
)


def send(store: Store) -> int:
    """Serves one webhook that something waits for, and returns how much went to it. Posts within no transaction."""
    hook = _take(store)
    if hook is None:
        return 0
    try:
        return _serve(store, hook)
    finally:
        _let_go(store, hook)


def _take(store: Store) -> Any:
    """The webhook whose last turn is longest ago, on a lease; None for nothing to do, or where another was faster."""
    with store.alone(changing=False) as look:
        now = store.now(look)
        seen = direct.execute(look, SERVED, {"now": now}).first()
    if seen is None:
        return None
    free = (
        webhooks.c.leased_until.is_(None) if seen.leased_until is None else webhooks.c.leased_until == seen.leased_until
    )
    lease = sa.update(webhooks).where(webhooks.c.id == seen.id, free).values(leased_until=now + LEASE, served_at=now)
    with store.alone() as one:
        return one.execute(lease.returning(webhooks)).first()


def _serve(store: Store, hook: Any) -> int:
    count, until = 0, time.monotonic() + TURN_S
    with _line(store, hook) as line:
        while time.monotonic() < until:
            now, rows = _waiting(store, hook)
            for row in rows:
                if time.monotonic() >= until:
                    break
                store.crash("webhook_leased")
                if not _post(store, hook, line, row, now):
                    return count
                count += 1
            if not rows:
                break
    return count


def _waiting(store: Store, hook: Any) -> tuple[datetime, list[Any]]:
    """What may go now: of each record the first that has not gone, unless somebody stopped the webhook meanwhile."""
    with store.alone(changing=False) as look:
        state = look.execute(sa.select(webhooks.c.state).where(webhooks.c.id == hook.id)).scalar()
        now = store.now(look)
        return now, list(look.execute(NEXT, {"of": hook.id, "now": now})) if state == WebhookState.ACTIVE else []


@contextlib.contextmanager
def _line(store: Store, hook: Any) -> Iterator[Line | None]:
    """None where the address is no longer one that may be posted to."""
    try:
        line = Line(target(hook.url, store.deployment.inside), store.deployment.inside)
    except NotOutside:
        yield None
        return
    try:
        yield line
    finally:
        line.close()


def _post(store: Store, hook: Any, line: Line | None, row: Any, now: datetime) -> bool:
    """Whether the webhook may be sent more: False where it is to rest. ``now`` is some seconds ago at most."""
    try:
        if line is None:
            raise NotOutside("its address is none that may be posted to")
        said = line.post(row.body.encode(), _headers(hook, row, now))
    except (NotOutside, Unreachable) as trouble:
        _rest(store, hook, row, None, str(trouble), timedelta(0))
        return False
    store.crash("webhook_sent")
    return _hear(store, hook, row, said)


def _headers(hook: Any, row: Any, now: datetime) -> dict[str, str]:
    """A chat's address is its own secret; everything else is signed."""
    if hook.person_id is not None:
        return {"Content-Type": JSON, "User-Agent": "Plumbline"}
    old = hook.former_secret if hook.former_until is not None and now < hook.former_until else None
    signed = [Signing(one).sign(str(row.id), now, row.body) for one in (hook.secret, old) if one]
    return {
        "Content-Type": CLOUD_EVENT,
        "User-Agent": "Plumbline",
        "webhook-id": str(row.id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signed),
    }


def _hear(store: Store, hook: Any, row: Any, said: Said) -> bool:
    if 200 <= said.status < 300:
        with store.alone() as one:
            now = store.now(one)
            done = {"state": DeliveryState.DELIVERED, "settled_at": now, "status": said.status, "error": None}
            one.execute(_one(row).values(attempts=row.attempts + 1, **done))
            if hook.failing_since is not None:
                well = {"failures": 0, "failing_since": None, "rests_until": None, "trouble": None}
                one.execute(sa.update(webhooks).where(webhooks.c.id == hook.id).values(well))
        return True
    why = one_line(f"{said.status} {said.text}")
    if said.status == GONE:
        _note(store, row, said.status, why)
        _disable(store, hook, "its receiver said that it is gone for good (410)")
        return False
    if said.status in UNPROCESSABLE:
        _refused(store, row, said.status, why)
        return True
    if 300 <= said.status < 400:
        why = f"{said.status}: it leads elsewhere, and is not followed"
    _rest(store, hook, row, said.status, why, timedelta(seconds=said.after or 0))
    return False


def _one(row: Any) -> sa.Update:
    return sa.update(deliveries).where(deliveries.c.id == row.id, deliveries.c.attempts == row.attempts, WAITING)


def _note(store: Store, row: Any, status: int | None, why: str, **more: Any) -> None:
    with store.alone() as one:
        one.execute(_one(row).values(attempts=row.attempts + 1, status=status, error=one_line(why), **more))


def _refused(store: Store, row: Any, status: int, why: str) -> None:
    """Not because of the receiver: this one is tried a few times more, then given up."""
    with store.alone(changing=False) as look:
        now = store.now(look)
    if row.attempts + 1 >= TRIES:
        _note(store, row, status, why, state=DeliveryState.GIVEN_UP, settled_at=now)
    else:
        _note(store, row, status, why, due_at=now + FIRST_REST * 3**row.attempts)


def _rest(store: Store, hook: Any, row: Any, status: int | None, why: str, asked: timedelta) -> None:
    """The receiver is in trouble: nothing goes to it for a while, and after days of that no more."""
    _note(store, row, status, why)
    with store.alone() as one:
        now = store.now(one)
        failures = one.execute(sa.select(webhooks.c.failures).where(webhooks.c.id == hook.id)).scalar() or 0
        pause = max(min(FIRST_REST * 2 ** min(failures, 20), LONGEST_REST), min(asked, LONGEST_ASKED))
        since = sa.func.coalesce(webhooks.c.failing_since, sa.literal(now, webhooks.c.failing_since.type))
        noted = {"failures": failures + 1, "failing_since": since, "rests_until": now + pause, "trouble": one_line(why)}
        rested = sa.update(webhooks).where(webhooks.c.id == hook.id).values(noted)
        began: datetime | None = one.execute(rested.returning(webhooks.c.failing_since)).scalar()
    if began is not None and now - began >= GIVES_UP:
        _disable(store, hook, f"it has failed since {began:%Y-%m-%d %H:%M} UTC: {why}")


def _disable(store: Store, hook: Any, reason: str) -> None:
    """People are told in the same act; a webhook that somebody stopped meanwhile is left as it is."""
    with contextlib.suppress(NotFound), store.begin(Origin(action="job webhooks", causation="job:webhooks")) as tx:
        webhook = tx.get(Webhook, hook.id)
        if webhook.state == WebhookState.ACTIVE:
            usecases.webhooks.disable(tx, webhook, one_line(reason)[:300])


def _let_go(store: Store, hook: Any) -> None:
    """Gives the lease back, unless it ran out and somebody else has one by now."""
    mine = webhooks.c.id == hook.id, webhooks.c.leased_until == hook.leased_until
    with store.alone() as one:
        one.execute(sa.update(webhooks).where(*mine).values(leased_until=None))


SENDERS = tuple(Job(f"webhooks-{number}", send, every_s=1.0, apart=True) for number in range(1, SENDING + 1))
