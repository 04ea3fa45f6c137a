"""What an admin does with webhooks: each function is one act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common import people
from libs.common.contracts.base import Message
from libs.common.contracts.webhooks import WebhookChanged
from libs.common.errors import Conflict, NotFound
from libs.common.store import Store
from libs.common.tx import Tx
from services.notifications.model import WAITING, Webhook, WebhookDelivery, new_secret
from services.notifications.states import DeliveryState, Kind, WebhookAction, WebhookState
from services.notifications.usecases import addresses
from services.notifications.usecases.forwarding import delivery, named
from services.notifications.usecases.tell import Occasion, announce

MOST = 100  #: every fact is looked at for each of them
KEPT = timedelta(days=30)  #: how long what has been delivered, or given up, can be looked at and sent again
TEST = "plumbline.webhook.tested.v1"
#: who hears of one that was disabled: as which record, of what kind, by which chain; of somebody's chat, and else
WHOM = {
    False: ("webhook", Kind.WEBHOOK_DISABLED, ("admin",)),
    True: ("chat", Kind.CHAT_DISABLED, ("owner", "admin")),
}
deliveries: Any = WebhookDelivery.__table__


def add(tx: Tx, *, url: str, types: Sequence[str], description: str = "", branch: UUID | None = None) -> Webhook:
    """Facts that arrive from now on go there. Raises Invalid for an address that is not outside."""
    people.demand_branch(tx, branch)
    host = addresses.host_of(tx, url)
    there = sa.select(sa.func.count()).select_from(Webhook).where(Webhook.person_id.is_(None))
    if tx.execute(there.where(Webhook.state != WebhookState.REMOVED)).scalar_one() >= MOST:
        raise Conflict(f"there are {MOST} webhooks already; remove one first")
    webhook = tx.new(
        Webhook, url=url, host=host, types=list(types), description=description, branch=branch, secret=new_secret()
    )
    return _told(tx, webhook)


def change(tx: Tx, webhook: Webhook, **given: Any) -> Webhook:
    """Another address or other facts; what waits goes to the new address."""
    _demand_there(webhook)
    people.demand_branch(tx, given.get("branch"))
    if "url" in given:
        webhook.host = addresses.host_of(tx, given["url"])
        webhook.rested()
    for name in ("url", "types", "description", "branch"):
        if name in given:
            setattr(webhook, name, given[name])
    return _told(tx, webhook)


def pause(tx: Tx, webhook: Webhook) -> Webhook:
    """Nothing goes there until it is resumed; what is for it waits."""
    webhook.goes(WebhookAction.PAUSE)
    return _told(tx, webhook)


def resume(tx: Tx, webhook: Webhook) -> Webhook:
    """It goes on, with what waited first."""
    webhook.goes(WebhookAction.RESUME)
    webhook.rested()
    return _told(tx, webhook)


@dataclass(frozen=True)
class Silenced:
    """A webhook as people are told of it."""

    subject: UUID
    title: str
    reason: str
    branch: UUID | None
    number: str = ""
    owner_id: UUID | None = None


def disable(tx: Tx, webhook: Webhook, reason: str) -> None:
    """Its receiver wants no more, or has not answered for days. Admins are told, or whose chat it was."""
    webhook.goes(WebhookAction.DISABLE, reason=reason)
    _told(tx, webhook)
    if webhook.person_id is not None:
        addresses.give_up(tx, webhook, reason)  # old news are none
        tx.session.flush()  # else they would be told of it there
    case = Silenced(webhook.id, webhook.host, reason, webhook.branch, owner_id=webhook.person_id)
    record, kind, who = WHOM[webhook.person_id is not None]
    announce(Occasion(tx, record, case, tx.store.ids()), kind, (who,))


def remove(tx: Tx, webhook: Webhook) -> Webhook:
    """Nothing goes there any more, nor what waited; the record and its log stay."""
    addresses.remove(tx, webhook, "the webhook was removed")
    return _told(tx, webhook)


def rotate(tx: Tx, webhook: Webhook) -> Webhook:
    """A new secret. For a day the former one signs as well, so that a receiver can change without a gap."""
    _demand_there(webhook)
    webhook.rotated(at=tx.now)
    return _told(tx, webhook)


def test(tx: Tx, webhook: Webhook) -> WebhookDelivery:
    """A fact that is none goes there next, in the form of all others."""
    if webhook.state != WebhookState.ACTIVE:
        raise Conflict(f"the webhook is {webhook.state}; resume it to try it", state=webhook.state)
    ident = queue_test(tx, webhook)
    if webhook.rests_until is not None:
        webhook.rests_until = None  # somebody looks: now, not when it is rested
        tx.touch(webhook)
    return one_delivery(tx, webhook, ident)


def queue_test(tx: Tx, webhook: Webhook) -> UUID:
    """The id under which it goes."""
    ident = tx.store.ids()
    message = Message(
        id=ident,
        source=f"/plumbline/{tx.store.producer}",
        type=TEST,
        subject=webhook.id,
        sequence="1",
        time=tx.now,
        dataschema=msgspec.UNSET,
        correlationid=webhook.id,
        causationid=tx.origin.causation or str(ident),
        actor=tx.actor,
        data={"webhook": str(webhook.id), "host": webhook.host},
    )
    tx.execute(sa.insert(deliveries), delivery(tx, webhook, message, subject=ident))
    return named(webhook, ident)


def again(tx: Tx, webhook: Webhook, delivery_id: UUID) -> WebhookDelivery:
    """One delivery once more, under its own id: one that was given up, or that its receiver has lost."""
    _demand_there(webhook)
    found = one_delivery(tx, webhook, delivery_id)
    if found.state == DeliveryState.WAITING:
        raise Conflict("it is on its way already", state=found.state)
    tx.execute(_renewed(tx.now).where(deliveries.c.id == delivery_id))
    tx.touch(webhook)
    tx.session.expire(found)
    return one_delivery(tx, webhook, delivery_id)


def all_again(tx: Tx, webhook: Webhook) -> int:
    """Everything that was given up, in its order. Returns how much that was."""
    _demand_there(webhook)
    tx.touch(webhook)
    mine = deliveries.c.webhook_id == webhook.id
    return tx.execute(_renewed(tx.now).where(mine, deliveries.c.state == DeliveryState.GIVEN_UP)).rowcount


def one_delivery(tx: Tx, webhook: Webhook, delivery_id: UUID) -> WebhookDelivery:
    wanted = sa.select(WebhookDelivery).where(WebhookDelivery.id == delivery_id)
    found = tx.find(wanted.where(WebhookDelivery.webhook_id == webhook.id))
    if found is None:
        raise NotFound(f"there is no delivery {delivery_id} to this webhook")
    return found


def counted(tx: Tx, webhook: Webhook) -> Webhook:
    """With how much is on its way to it. Raises NotFound for somebody's chat, which is nobody else's affair."""
    if webhook.person_id is not None:
        raise NotFound(f"there is no webhook {webhook.id}")
    mine = sa.select(sa.func.count()).where(deliveries.c.webhook_id == webhook.id, WAITING)
    webhook.waiting = tx.execute(mine).scalar_one()
    return webhook


def prune(store: Store, batch: int = 1000) -> int:
    """Forgets what was settled long ago. Returns how much. Found by where it went: nothing newer is read for it."""
    with store.alone(changing=False) as look:  # mostly there is nothing old, and nobody has to wait for this
        past = store.now(look) - KEPT
        settled = deliveries.c.settled_at < past
        there = deliveries.c.webhook_id.in_(sa.select(Webhook.id)), deliveries.c.created_at < past
        places = look.scalars(sa.select(deliveries.c.place).where(*there, settled).limit(batch)).all()
    if places:
        with store.alone() as one:
            one.execute(sa.delete(deliveries).where(deliveries.c.place.in_(places), settled))
    return len(places)


def _renewed(now: datetime) -> sa.Update:
    return sa.update(deliveries).values(
        state=DeliveryState.WAITING, settled_at=None, attempts=0, due_at=now, error=None, status=None
    )


def _demand_there(webhook: Webhook) -> None:
    if webhook.state == WebhookState.REMOVED:
        raise Conflict("the webhook was removed", state=webhook.state)


def _told(tx: Tx, webhook: Webhook) -> Webhook:
    """Others are told; a chat is its person's own affair."""
    if webhook.person_id is None:
        tx.publish(_fact(webhook), of=webhook)
    tx.forget_known()
    return webhook


def _fact(webhook: Webhook) -> WebhookChanged:
    return WebhookChanged(
        subject=webhook.id,
        host=webhook.host,
        description=webhook.description,
        types=tuple(webhook.types),
        state=str(webhook.state),
        reason=webhook.reason,
        branch=webhook.branch,
    )
