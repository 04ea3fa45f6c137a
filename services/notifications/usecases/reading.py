"""What people do with what they were told: look, and say that they have seen it."""

from uuid import UUID

import sqlalchemy as sa

from libs.common.errors import NotFound
from libs.common.tx import Tx
from services.notifications.model import Notification
from services.notifications.settings import Channel


def in_app(*, unread: bool = False) -> sa.Select[Notification]:
    """What was told in the app."""
    wanted = sa.select(Notification).where(Notification.channel == Channel.IN_APP)
    return wanted.where(Notification.read_at.is_(None)) if unread else wanted


def mine(person: UUID, *, unread: bool = False) -> sa.Select[Notification]:
    """The same, to this person."""
    return in_app(unread=unread).where(Notification.person_id == person)


def one_of_mine(tx: Tx, person: UUID, ident: UUID, *, lock: bool = False) -> Notification:
    """One of them. Raises NotFound for somebody else's."""
    wanted = mine(person).where(Notification.id == ident)
    found = tx.find(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound(f"there is no notification {ident}")
    return found


def read(tx: Tx, person: UUID, ident: UUID, *, seen: str | None = None) -> Notification:
    """``seen`` is the If-Match header, where there is one."""
    found = one_of_mine(tx, person, ident, lock=True)
    if seen is not None:
        tx.expect(found, seen)
    found.read(at=tx.now)
    return found


def read_all(tx: Tx, person: UUID) -> int:
    """Everything up to now is seen. Returns how much that was."""
    unread = (Notification.person_id == person, Notification.channel == Channel.IN_APP, Notification.read_at.is_(None))
    seen = {"read_at": tx.now, "version": Notification.version + 1, "updated_at": tx.now, "updated_by": tx.actor}
    done = sa.update(Notification).where(*unread).values(**seen).returning(Notification.id)
    return len(tx.session.scalars(done, execution_options={"synchronize_session": False}).all())
