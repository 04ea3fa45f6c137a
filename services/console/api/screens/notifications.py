"""What the reader was told, how they want to be told, and for those who look after it, what became of every message."""

from typing import Any

from flask import Blueprint, Response, request

from libs.common import formatting
from libs.common.auth import Scope
from services.console.adapters import words
from services.console.api.screens.frame import doors, go, me, names, page, screen
from services.console.api.screens.offers import Offers

bp = Blueprint("console_notifications", __name__)

HERE = "/notifications"  #: open to everybody
CHANNELS = (("in_app", words.said("In the console")), ("email", words.said("E-mail")), ("chat", words.said("Chat")))
STATES = ("queued", "sent", "failed")
CHANGED = words.said("Somebody changed this while you had it open. Save again to put yours over it.")


#: what the reader of a piece of news has to be able to read to follow its link
READS = {
    "/leads": "lead.read", "/opportunities": "opportunity.read", "/estimates": "estimate.read",
    "/bookings": "booking.read",
}  # fmt: skip


@bp.app_template_global("news_link")
def link(one: dict[str, Any]) -> str:
    """The page of what one was told of, where it is theirs to open: not of what went to somebody else."""
    address = str(one["link"] or "")
    if address.startswith(HERE):
        return address
    scope = me().scope(READS.get(f"/{address.lstrip('/').partition('/')[0]}", "settings.read"))
    gone = one["kind"].endswith("handed_over") and scope is not Scope.ALL
    return "" if scope is None or gone else address


@bp.get("/notifications")
@screen()
def notifications() -> Response:
    """What was I told?"""
    asked = {name: request.args.get(name, "") for name in ("unread", "cursor")}
    found = doors().get("/notifications", limit=50, **asked)
    told = [(one, Offers(one, (one["id"],))) for one in found["items"]]
    return page("notifications.html", nav="/notifications", found=found, told=told, asked=asked, offers=Offers({}, ()))


@bp.get("/notifications/preferences")
@screen()
def preferences() -> Response:
    """How do I want to be told?"""
    read = doors().look("/notifications/preferences")
    quiet = read.data["quiet_hours"] or {}
    typed = {"from": quiet.get("from", ""), "until": quiet.get("until", ""), "chat_url": read.data["chat_url"] or ""}
    return _shown(read.data["channels"], typed, read.tag)


@bp.post("/notifications/preferences")
@screen()
def prefer() -> Response:
    """Sets them whole."""
    typed = request.form
    chosen = {kind: typed.getlist(f"channels.{kind}") for kind in typed.getlist("kind")}
    given = {name: typed.get(name, "").strip() for name in ("from", "until", "chat_url")}
    quiet = {name: given[name] for name in ("from", "until")}
    body = {
        "channels": chosen,
        "quiet_hours": quiet if any(quiet.values()) else None,
        "chat_url": given["chat_url"] or None,
    }
    said = doors().ask("PUT", "/notifications/preferences", body, headers={"If-Match": typed.get("_tag", "")})
    if said.ok:
        return go("/notifications/preferences", words.said("Saved."))
    if said.status == 412:
        return _shown(chosen, given, doors().look("/notifications/preferences").tag, 412, [CHANGED])
    faults = [_plainly(one) for one in said.problem.get("errors") or ()] or [str(said.problem.get("detail"))]
    return _shown(chosen, given, typed.get("_tag", ""), said.status, faults)


def _plainly(fault: dict[str, Any]) -> str:
    """``/channels/lead_assigned`` by the name that the table has."""
    parts = str(fault.get("pointer") or "").strip("/").split("/")
    return f"{formatting.plain(parts[-1])}: {fault.get('detail')}"


def _shown(
    channels: dict[str, list[str]], typed: dict[str, str], tag: str, status: int = 200, others: Any = (),
) -> Response:  # fmt: skip
    return page(
        "preferences.html",
        status,
        nav="/notifications",
        channels=channels,
        ways=CHANNELS,
        since=typed["from"],
        until=typed["until"],
        chat_url=typed["chat_url"],
        tag=tag,
        others=others,
    )


@bp.get("/settings/deliveries")
@screen(may="delivery.read")
def deliveries() -> Response:
    """Did the message get there?"""
    asked = {name: request.args.get(name, "") for name in ("channel", "state", "person", "cursor")}
    found = doors().get("/notifications/deliveries", limit=100, **asked)
    who = names(*(one["person_id"] for one in found["items"]))
    return page("deliveries.html", nav="/settings", found=found, asked=asked, ways=CHANNELS, states=STATES, who=who)
