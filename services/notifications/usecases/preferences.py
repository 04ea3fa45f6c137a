"""How each person wants to be told: channels by kind, and hours in which no mail disturbs them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from libs.common.tx import Tx
from services.notifications.model import Preference
from services.notifications.settings import PREFERENCES, Channel
from services.notifications.states import Kind
from services.notifications.usecases import chat

OWN = sa.select(Preference.id, Preference.own).where(Preference.id.in_(sa.bindparam("people", expanding=True)))


@dataclass(frozen=True)
class Wishes:
    """What holds for one person: their own, else the company's."""

    company: Mapping[str, Any]
    own: Mapping[str, Any]

    def channels(self, kind: Kind) -> list[Channel]:
        said = (self.own.get("channels") or {}).get(kind) or self.company["channels"]
        return [Channel(one) for one in said]

    @property
    def quiet_hours(self) -> Mapping[str, str] | None:
        hours: Mapping[str, str] | None = self.own.get("quiet_hours", self.company["quiet_hours"])
        return hours

    def mail_at(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Now, or when the quiet hours are over."""
        if self.quiet_hours is None:
            return now
        begin, end = (time.fromisoformat(self.quiet_hours[edge]) for edge in ("from", "until"))
        local = now.astimezone(zone)
        clock = local.time()
        quiet = begin <= clock < end if begin <= end else clock >= begin or clock < end
        if not quiet:
            return now
        day = local.date() if clock < end else local.date() + timedelta(days=1)
        return datetime.combine(day, end, zone).astimezone(UTC)


def wishes(tx: Tx, people: Mapping[UUID, UUID | None]) -> dict[UUID, Wishes]:
    """What holds for each of these people, who are given with their branch, as they read and set it themselves."""
    own = tx.known_of("wishes", people, partial(_own, tx))
    return {person: Wishes(PREFERENCES.read(tx, people[person]), said) for person, said in own.items()}


def _own(tx: Tx, people: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """What these people have set themselves; nothing, for most."""
    rows = tx.execute(OWN, {"people": list(people)})
    return {person: {} for person in people} | {row.id: row.own for row in rows}


def of(tx: Tx, person: UUID, branch: UUID | None) -> Preference:
    """The person's record; one at version 0, which is kept nowhere, when they have set nothing yet."""
    record = tx.find(sa.select(Preference).where(Preference.id == person))
    if record is None:
        record = Preference(id=person, version=0, own={})
    return shown(tx, record, branch)


def change(tx: Tx, person: UUID, branch: UUID | None, version: str | None, given: Mapping[str, Any]) -> Preference:
    """Sets them whole. What equals the company's setting, or is left out, follows it from then on; a chat stays."""
    held = sa.select(Preference).where(Preference.id == person).with_for_update()
    record = tx.find(held)
    tx.expect(record or Preference(id=person, version=0), version)
    company = PREFERENCES.read(tx, branch)
    chosen = given.get("channels", {}).items()
    channels = {str(kind): [str(one) for one in said] for kind, said in chosen}
    own: dict[str, Any] = {"channels": {kind: said for kind, said in channels.items() if said != company["channels"]}}
    if "quiet_hours" in given and given["quiet_hours"] != company["quiet_hours"]:
        own["quiet_hours"] = given["quiet_hours"]
    moved = "chat_url" in given and chat.settle(tx, person, given["chat_url"])
    if record is None:
        record = tx.new(Preference, person, branch=branch, own=own)
    elif record.own != own or moved:
        record.own = own
        tx.touch(record)
    tx.session.flush()
    tx.forget_known()
    return shown(tx, record, branch)


def shown(tx: Tx, record: Preference, branch: UUID | None) -> Preference:
    """The record with what holds by it, for every kind."""
    holds = Wishes(PREFERENCES.read(tx, branch), record.own)
    record.channels = {str(kind): [str(one) for one in holds.channels(kind)] for kind in Kind}
    record.quiet_hours = None if holds.quiet_hours is None else dict(holds.quiet_hours)
    mine = chat.address(tx, record.id)
    record.chat_url = mine.url if mine is not None else None
    return record
