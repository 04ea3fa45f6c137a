"""Webhooks over HTTP: where the funnel's facts are posted to, and what became of each."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint

from libs.common.tx import Tx
from libs.common.web import Answer, Given, Listing, begin, endpoint, equal, one, page, reading, visible
from services.notifications import usecases
from services.notifications.model import Webhook, WebhookDelivery
from services.notifications.schemas import (
    AgainOut,
    SecretOut,
    WebhookDeliveryOut,
    WebhookDeliveryQuery,
    WebhookEditIn,
    WebhookIn,
    WebhookItemOut,
    WebhookOut,
    WebhookQuery,
)
from services.notifications.states import WebhookState

bp = Blueprint("webhooks", __name__, url_prefix="/api/v1/notifications/webhooks")

WEBHOOKS = Listing(Webhook, sa.select(Webhook).where(Webhook.person_id.is_(None)), equal(state=Webhook.state))
DELIVERIES = Listing(
    WebhookDelivery,
    sa.select(WebhookDelivery),
    equal(
        webhook=WebhookDelivery.webhook_id,
        state=WebhookDelivery.state,
        type=WebhookDelivery.type,
        subject=WebhookDelivery.subject,
    ),
)


@bp.get("")
@endpoint(may="webhook.read", query=WebhookQuery, answer=WebhookItemOut, many=True)
def webhooks(asked: Given) -> Answer:
    """All that are not removed, newest first."""
    kept = () if "state" in asked else (Webhook.state != WebhookState.REMOVED,)
    with reading() as tx:
        return page(tx, WEBHOOKS, WebhookItemOut, asked, *kept)


@bp.post("")
@endpoint(may="webhook.admin", body=WebhookIn, answer=WebhookOut, status=201)
def add(given: Given) -> Answer:
    """Post facts there from now on, signed; the secret is at /secret."""
    with begin() as tx:
        webhook = usecases.webhooks.add(tx, **given)
        return tx.answer(WebhookOut(), webhook, 201, {"Location": f"{bp.url_prefix}/{webhook.id}"})


@bp.get("/<uuid:webhook_id>")
@endpoint(may="webhook.read", answer=WebhookOut)
def webhook(webhook_id: UUID) -> Answer:
    """One, with how much waits for it and how its receiver answers."""
    with reading() as tx:
        return one(tx, WebhookOut, _found(tx, webhook_id))


@bp.patch("/<uuid:webhook_id>")
@endpoint(may="webhook.admin", body=WebhookEditIn, answer=WebhookOut, edits=True)
def change(webhook_id: UUID, given: Given) -> Answer:
    """Another address, other facts."""
    with begin() as tx:
        return tx.answer(WebhookOut(), usecases.webhooks.change(tx, _found(tx, webhook_id), **given))


@bp.post("/<uuid:webhook_id>/pause")
@endpoint(may="webhook.admin", answer=WebhookOut)
def pause(webhook_id: UUID) -> Answer:
    """Send nothing until it is resumed; what is for it waits."""
    with begin() as tx:
        return tx.answer(WebhookOut(), usecases.webhooks.pause(tx, _found(tx, webhook_id)))


@bp.post("/<uuid:webhook_id>/resume")
@endpoint(may="webhook.admin", answer=WebhookOut)
def resume(webhook_id: UUID) -> Answer:
    """Go on, with what waited first."""
    with begin() as tx:
        return tx.answer(WebhookOut(), usecases.webhooks.resume(tx, _found(tx, webhook_id)))


@bp.post("/<uuid:webhook_id>/remove")
@endpoint(may="webhook.admin", answer=WebhookOut)
def remove(webhook_id: UUID) -> Answer:
    """Send nothing any more, not what waits either."""
    with begin() as tx:
        return tx.answer(WebhookOut(), usecases.webhooks.remove(tx, _found(tx, webhook_id)))


@bp.get("/<uuid:webhook_id>/secret")
@endpoint(may="webhook.admin", answer=SecretOut)
def secret(webhook_id: UUID) -> Answer:
    """What it is signed with, for its receiver to check."""
    with reading() as tx:
        found = _found(tx, webhook_id)
        return tx.answer(SecretOut(), {"secret": found.secret, "former_until": found.former_until})


@bp.post("/<uuid:webhook_id>/rotate-secret")
@endpoint(may="webhook.admin", answer=WebhookOut)
def rotate_secret(webhook_id: UUID) -> Answer:
    """Sign with a new secret; for a day the former one signs as well."""
    with begin() as tx:
        return tx.answer(WebhookOut(), usecases.webhooks.rotate(tx, _found(tx, webhook_id)))


@bp.post("/<uuid:webhook_id>/test")
@endpoint(may="webhook.admin", answer=WebhookDeliveryOut)
def test(webhook_id: UUID) -> Answer:
    """Send something that means nothing, to see whether it arrives."""
    with begin() as tx:
        return tx.answer(WebhookDeliveryOut(), usecases.webhooks.test(tx, _found(tx, webhook_id)))


@bp.get("/<uuid:webhook_id>/deliveries")
@endpoint(may="webhook.read", query=WebhookDeliveryQuery, answer=WebhookDeliveryOut, many=True)
def deliveries(webhook_id: UUID, asked: Given) -> Answer:
    """What went there, waits, or was given up, newest first; what is settled is kept for 30 days."""
    with reading() as tx:
        webhook = _found(tx, webhook_id).id
        return page(tx, DELIVERIES, WebhookDeliveryOut, {**asked, "webhook": webhook})


@bp.post("/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/again")
@endpoint(may="webhook.admin", answer=WebhookDeliveryOut)
def again(webhook_id: UUID, delivery_id: UUID) -> Answer:
    """Send it once more, under its own id."""
    with begin() as tx:
        return tx.answer(WebhookDeliveryOut(), usecases.webhooks.again(tx, _found(tx, webhook_id), delivery_id))


@bp.post("/<uuid:webhook_id>/deliveries/again")
@endpoint(may="webhook.admin", answer=AgainOut)
def all_again(webhook_id: UUID) -> Answer:
    """Send everything once more that was given up."""
    with begin() as tx:
        return tx.answer(AgainOut(), {"again": usecases.webhooks.all_again(tx, _found(tx, webhook_id))})


def _found(tx: Tx, webhook_id: UUID) -> Webhook:
    return usecases.webhooks.counted(tx, visible(tx, Webhook, webhook_id))
