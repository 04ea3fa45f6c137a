"""Webhooks: which other systems are told, how they answer, and what became of each fact."""

from uuid import UUID

from flask import Blueprint, Response, request

from services.console.api.screens.frame import doors, page, screen
from services.console.api.screens.offers import Offers

bp = Blueprint("console_webhooks", __name__)

STATES = ("waiting", "delivered", "given_up")
ACTS = ("webhook.edit", "webhook.pause", "webhook.rotate", "webhook.remove")


@bp.get("/settings/webhooks")
@screen(may="webhook.read")
def webhooks() -> Response:
    """Which other systems are told?"""
    found = doors().items("/notifications/webhooks", limit=200)
    return page("webhooks.html", nav="/settings", found=found, offers=Offers({}, ()))


@bp.get("/settings/webhooks/<uuid:webhook_id>")
@screen(may="webhook.read")
def webhook(webhook_id: UUID) -> Response:
    """How does it answer?"""
    return _shown(webhook_id)


@bp.get("/settings/webhooks/<uuid:webhook_id>/secret")
@screen(may="webhook.admin")
def secret(webhook_id: UUID) -> Response:
    """The same, with what it is signed with."""
    return _shown(webhook_id, str(doors().get(f"/notifications/webhooks/{webhook_id}/secret")["secret"]))


def _shown(webhook_id: UUID, secret: str = "") -> Response:
    path, ident = f"/notifications/webhooks/{webhook_id}", str(webhook_id)
    record = doors().get(path)
    asked = {name: request.args.get(name, "") for name in ("state", "cursor")}
    found = doors().get(f"{path}/deliveries", limit=50, **asked)
    branches = {one["id"]: one["name"] for one in doors().maybe_every("/staff/branches")}
    offers = Offers(record, (ident,))
    told = [(one, Offers(one, (ident, one["id"]))["webhook.again"] if one["settled_at"] else None)
            for one in found["items"]]  # fmt: skip
    return page(
        "webhook.html",
        nav="/settings",
        webhook=record,
        there=record["state"] != "removed",
        found=found,
        told=told,
        asked=asked,
        states=STATES,
        branch=branches.get(record["branch"] or "", ""),
        secret=secret,
        offers=offers,
        more=offers.several(*ACTS),
    )
