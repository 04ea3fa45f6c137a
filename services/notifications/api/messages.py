"""Notifications and the status bar over HTTP."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint

from libs.common.web import (
    SIGNED_IN,
    Answer,
    Given,
    Listing,
    begin,
    caller,
    endpoint,
    equal,
    if_match,
    one,
    page,
    reading,
)
from services.notifications import usecases
from services.notifications.model import Notification
from services.notifications.schemas import (
    DeliveryOut,
    DeliveryQuery,
    NotificationOut,
    NotificationQuery,
    PreferencesIn,
    PreferencesOut,
    ReadOut,
    StatusBarOut,
)
from services.notifications.states import MessageState

bp = Blueprint("notifications", __name__, url_prefix="/api/v1/notifications")
bar = Blueprint("status_bar", __name__, url_prefix="/api/v1/status-bar")

WHOM = equal(person=Notification.person_id, kind=Notification.kind, subject=Notification.subject)
TOLD = Listing(Notification, usecases.in_app(), WHOM)
UNREAD = Listing(Notification, usecases.in_app(unread=True), WHOM)
HOW = equal(channel=Notification.channel, state=Notification.state)
SENT = Listing(Notification, sa.select(Notification), WHOM | HOW)
#: few; they have an index, which SQLite takes only where it is asked for them first
_unsent = sa.select(Notification.id).where(Notification.sent_at.is_(None)).correlate(None)
UNSENT = Listing(Notification, sa.select(Notification).where(Notification.id.in_(_unsent)), WHOM | HOW)


@bp.get("")
@endpoint(may=SIGNED_IN, query=NotificationQuery, answer=NotificationOut, many=True)
def notifications(asked: Given) -> Answer:
    """What the caller was told, newest first; with unread=true only what they have not seen."""
    told = UNREAD if asked.get("unread", False) else TOLD
    with reading() as tx:
        return page(tx, told, NotificationOut, {**asked, "person": caller().person_id})


@bp.get("/<uuid:notification_id>")
@endpoint(may=SIGNED_IN, answer=NotificationOut)
def notification(notification_id: UUID) -> Answer:
    """One of the caller's own."""
    with reading() as tx:
        return one(tx, NotificationOut, usecases.one_of_mine(tx, caller().person_id, notification_id))


@bp.post("/<uuid:notification_id>/read")
@endpoint(may=SIGNED_IN, answer=NotificationOut)
def read(notification_id: UUID) -> Answer:
    """The caller has seen it; the first time counts."""
    with begin() as tx:
        return tx.answer(NotificationOut(), usecases.read(tx, caller().person_id, notification_id, seen=if_match()))


@bp.post("/read-all")
@endpoint(may=SIGNED_IN, answer=ReadOut)
def read_all() -> Answer:
    """The caller has seen everything there is up to now."""
    with begin() as tx:
        return tx.answer(ReadOut(), {"read": usecases.read_all(tx, caller().person_id)})


@bp.get("/preferences")
@endpoint(may=SIGNED_IN, answer=PreferencesOut)
def preferences() -> Answer:
    """How the caller is told: channels by kind, and quiet hours for mail."""
    with reading() as tx:
        return one(tx, PreferencesOut, usecases.preferences.of(tx, caller().person_id, _home()))


@bp.put("/preferences")
@endpoint(may=SIGNED_IN, body=PreferencesIn, answer=PreferencesOut, edits=True)
def set_preferences(given: Given) -> Answer:
    """Set them whole; what is left out follows the company's setting."""
    with begin() as tx:
        mine = usecases.preferences.change(tx, caller().person_id, _home(), if_match(), given)
        return tx.answer(PreferencesOut(), mine)


@bp.get("/deliveries")
@endpoint(may="delivery.read", query=DeliveryQuery, answer=DeliveryOut, many=True)
def deliveries(asked: Given) -> Answer:
    """The log: every message to anybody, by which channel, and what became of it."""
    waits_or_failed = asked.get("state") not in (None, MessageState.SENT)
    with reading() as tx:
        return page(tx, UNSENT if waits_or_failed else SENT, DeliveryOut, asked)


@bar.get("")
@endpoint(may=SIGNED_IN, answer=StatusBarOut)
def status_bar() -> Answer:
    """What waits for the caller right now."""
    with reading() as tx:
        return one(tx, StatusBarOut, usecases.counters(tx, caller()))


def _home() -> UUID | None:
    return min(caller().branches, default=None)
