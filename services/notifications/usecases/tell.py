"""Telling people: whom a trigger reaches, in what words, by which of their channels; once per event and person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from libs.common import flushing, formatting, invitations, mail, people
from libs.common.contracts.base import Event
from libs.common.invitations import Invitation
from libs.common.tx import Tx
from libs.common.workhours import zone
from services.notifications.model import Notification
from services.notifications.settings import Channel
from services.notifications.states import Kind, MessageState
from services.notifications.usecases import catalogue, chat
from services.notifications.usecases.places import Places, places
from services.notifications.usecases.preferences import wishes
from services.notifications.usecases.recipients import Colleague, Staff, named, reached
from services.notifications.usecases.triggers import BY_FACT, Chain

NEW: Any = Notification.__table__
USUAL = ("owner_id", "salesperson_id", "assignee_id", "assignee_ids", "assigned_by", "submitted_by")


@dataclass
class Occasion:
    """What people are told of: a fact, or what is watched of a record, whose attributes have the same names."""

    tx: Tx
    record: str
    case: Any
    event_id: UUID
    actor: UUID | None = None
    reminder: bool = False
    told: set[UUID] = field(default_factory=set)

    @cached_property
    def staff(self) -> Staff:
        found = Staff(self.tx)
        found.look_up({*named(self.case, *USUAL), *([self.actor] if self.actor else [])})
        return found

    @cached_property
    def branch(self) -> Mapping[str, Any] | None:
        return people.branch(self.tx, self.case.branch)

    @cached_property
    def zone(self) -> ZoneInfo:
        return zone(self.branch)

    def word(self, name: str) -> Any:
        return self.staff.name(self.actor) if name == "by" else getattr(self.case, name, None)


def tell(tx: Tx, event: Event) -> None:
    """Everybody whom the table has for this fact, but for who did it: they know."""
    triggers = [one for one in BY_FACT.get(type(event), ()) if one.when(event)]
    if not triggers:
        return
    occasion = Occasion(tx, event.aggregate(), event, UUID(tx.origin.causation), actor=_person(tx.origin.actor))
    for trigger in triggers:
        announce(occasion, trigger.kind, trigger.to)


def announce(occasion: Occasion, kind: Kind, to: Iterable[Chain]) -> None:
    """One message a person and channel."""
    found: dict[UUID, Colleague] = {}
    where = places(kind, occasion.record, occasion.case)
    for chain in to:
        reaches = reached(occasion.staff, chain, occasion.case, occasion.actor, where.opened_by)
        found |= {one.id: one for one in reaches}
    fresh = [one for one in found.values() if one.id not in occasion.told and one.id != occasion.actor]
    if fresh:
        occasion.told |= {one.id for one in fresh}
        _keep(occasion, kind, fresh, where)


def _keep(occasion: Occasion, kind: Kind, persons: Sequence[Colleague], where: Places) -> None:
    """Writes the messages: in the app at once, mail and chat on their way. The insert is the check for a repeat.

    Whom no way that they chose leads to, having no mail server or no chat, is told in the app.
    """
    tx, case = occasion.tx, occasion.case
    sentence = catalogue.sentence(
        kind, occasion.word, occasion.zone, occasion.branch, zoned=people.has_several_clocks(tx)
    )
    said = {one.id: sentence + catalogue.standing_in(one.instead_of, occasion.branch) for one in persons}
    links = {person.id: where.of(person) or "" for person in persons}
    wanted = wishes(tx, {one.id: one.branch for one in persons})
    around = tx.store.deployment
    chosen = {one.id: wanted[one.id].channels(kind) for one in persons}
    chats = chat.of(tx, [one for one, ways in chosen.items() if Channel.CHAT in ways])
    mailed = chosen.keys() if around.smtp_url else ()
    reached_by = {Channel.IN_APP: chosen.keys(), Channel.EMAIL: mailed, Channel.CHAT: chats}
    rows = {}
    for person in persons:
        ways = [one for one in chosen[person.id] if person.id in reached_by[one]]
        for channel in ways or [Channel.IN_APP]:
            rows[tx.store.ids()] = (person, channel)
    common = {
        "event_id": occasion.event_id, "reminder": occasion.reminder, "kind": kind, "subject": case.subject,
        "number": case.number[:40], "title": case.title, "branch": case.branch,
        "correlation": getattr(case, "lead_id", case.subject), "version": 1, "agg_seq": 0, "attempts": 0,
        "created_at": tx.now, "created_by": tx.actor, "updated_at": tx.now, "updated_by": tx.actor,
    }  # fmt: skip
    values = [
        {
            "id": ident,
            "person_id": person.id,
            "channel": channel,
            "link": links[person.id],
            "text": said[person.id],
            **_state(tx, channel),
            **common,
        }
        for ident, (person, channel) in rows.items()
    ]
    chatted = []
    for ident in flushing.added(tx, NEW, values):
        person, channel = rows[ident]
        if channel == Channel.IN_APP:
            continue
        here = zone(people.seat(tx, person.branch))  # they sleep where they work
        due_at = wanted[person.id].mail_at(tx.now, here)
        link, text = links[person.id], said[person.id]
        if channel == Channel.CHAT:
            chatted.append((ident, chats[person.id], f"{text} {around.link(link)}", due_at))
        else:
            files = _files(occasion, person, link)
            mail.queue(tx, person.email, text, f"{text}\n\n{around.link(link)}\n", files, ident=ident, due_at=due_at)
    if chatted:
        chat.put(tx, chatted)


def _is_off(case: Any, person: Colleague) -> bool:
    """Whether they no longer go there: it is cancelled, or others go."""
    before = person.id in named(case, "previous_assignee_ids") and person.id not in named(case, "assignee_ids")
    return before or case.state == "cancelled"


def _files(occasion: Occasion, person: Colleague, link: str) -> list[mail.Attachment]:
    """What goes along: of an appointment, what puts it into their calendar, or moves it there, or takes it out."""
    case, message, around = occasion.case, occasion.tx.origin.message, occasion.tx.store.deployment
    if occasion.record != "appointment" or occasion.reminder or message is None:
        return []
    one = Invitation(
        ident=str(case.subject),
        sequence=int(message.sequence),
        starts_at=case.starts_at,
        ends_at=case.ends_at,
        title=f"{formatting.plain(case.type)}: {case.title}",
        place=formatting.place(case.address),
        about=formatting.visit(case.contact, getattr(case, "note", "")),
        link=around.link(link),
        people=[(person.name, person.email)],
        sender=around.mail_from,
        over=_is_off(case, person),
    )
    return [mail.Attachment(invitations.NAME, invitations.kind(one), invitations.written(one, occasion.tx.now))]


def _state(tx: Tx, channel: Channel) -> dict[str, Any]:
    """In the app a message has arrived with its commit."""
    if channel == Channel.IN_APP:
        return {"state": MessageState.SENT, "sent_at": tx.now}
    return {"state": MessageState.QUEUED, "sent_at": None}


def _person(actor: str) -> UUID | None:
    """The actor, if that is a person and not the customer or the system."""
    try:
        return UUID(actor)
    except ValueError:
        return None
