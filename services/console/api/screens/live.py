"""What changes while a page is open: counts, news for its reader, and what somebody else makes of the record on it.

A stream holds a thread of its process. So it ends itself, a process has few of them at once, and it ends at once when
its server does; who gets none asks for the same now and then.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from flask import Blueprint, Response, current_app, jsonify, request

from libs.common import texts
from libs.common.auth import Caller
from libs.common.errors import Unavailable
from libs.common.store import Store
from libs.common.web import store
from services.console.adapters import texts as ours
from services.console.adapters.doors import BRIEF_S, Doors
from services.console.api.screens.counters import SAID
from services.console.api.screens.frame import doors, language, me, screen
from services.console.usecases import watching

bp = Blueprint("console_live", __name__)

LASTS_S = 25.0  #: then the browser comes again, with a fresh look at who it is
LOOK_S, ASK_S = 2.0, 4.0  #: how often this database is looked at, and the other services are asked
SHARE = 3  #: at most one of so many threads is held by a stream
AGAIN_MS = 1000
TOLD = 5
LONGEST = 19  #: digits of a count in a cursor of ours are fewer


@dataclass
class Watcher:
    """One page that is open, and how far it has been told."""

    store: Store
    who: Caller
    asking: Doors
    record: UUID | None
    card: UUID | None
    changes: int | None  #: others' changes that it knows of; None when it has just been opened
    since: str  #: the newest message that it has said
    language: str
    counts: dict[str, tuple[int, str]] | None = None  #: with the word that goes with the number
    told: list[dict[str, str]] | None = None

    @property
    def cursor(self) -> str:
        return f"{'' if self.changes is None else self.changes}|{self.since}"

    def look_in(self) -> None:
        if self.record is not None and self.card is not None:
            watching.look_in(self.store, self.record, self.who.person_id)

    def ask(self) -> None:
        """Counts and news, of whoever keeps them. While nobody answers, they stay as they were."""
        try:
            bar = self.asking.ask("GET", "/status-bar", patience=BRIEF_S)
            told = self.asking.ask("GET", f"/notifications?unread=true&limit={TOLD}", patience=BRIEF_S)
        except Unavailable:
            return
        if bar.ok:
            self.counts = {name: (n, self._word(name, n)) for name, n in bar.data.items() if name in SAID}
        if told.ok:
            items = told.data["items"]
            newer = [one for one in items if one["created_at"] > self.since] if self.since else []
            self.told = [{"text": one["text"], "link": one["link"] or "/notifications"} for one in reversed(newer)]
            self.since = max((one["created_at"] for one in items), default=self.since or "0")

    def _word(self, name: str, n: int) -> str:
        return texts.plainly(ours.TEXTS, self.language, SAID[name], {"num": n})

    def look(self) -> dict[str, Any]:
        """Everything there is to show now."""
        news: dict[str, Any] = {"counts": self.counts, "told": self.told or []}
        self.told = None
        if self.record is not None and self.card is not None:
            with self.store.reading() as tx:
                seen = watching.watched(tx, self.who, self.record, self.card)
            if self.changes is None:
                self.changes = seen.changes
            news["others"] = seen.others
            news["changed"] = {"by": seen.by} if seen.changes > self.changes else None
        return news | {"since": self.since, "cursor": self.cursor}


def _watcher() -> Watcher:
    changes, _, since = request.headers.get("Last-Event-ID", request.args.get("cursor", "")).partition("|")
    record = _id(request.args.get("record", ""))
    card = None
    if record is not None:
        with store().reading() as tx:
            card = watching.card_of(tx, me(), record)
    known = int(changes) if changes.isascii() and changes.isdecimal() and len(changes) < LONGEST else None
    since = since or request.args.get("since", "")
    return Watcher(store(), me(), doors(), record, card, known, since, language())


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@bp.get("/live.json")
@screen()
def once() -> Response:
    """The same, once: for who gets no stream."""
    watcher = _watcher()
    watcher.look_in()
    watcher.ask()
    answer = jsonify(watcher.look())
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/live")
@screen()
def stream() -> Response:
    """Server-sent events, for half a minute; 204 when this process has no thread to spare for it."""
    places = _places()
    if not places.acquire(blocking=False):
        return Response(status=204)
    try:
        ending = request.environ.get("plumbline.ending") or threading.Event()
        told = Told(_watcher(), ending, places)
    except BaseException:
        places.release()
        raise
    answer = Response(told, content_type="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _places() -> threading.Semaphore:
    """As many as this process may hold open: the server says how many threads it has."""
    threads = int(request.environ.get("plumbline.threads", 0))
    kept: threading.Semaphore = current_app.extensions.setdefault(
        "console.streams", threading.BoundedSemaphore(threads // SHARE) if threads >= SHARE else threading.Semaphore(0)
    )
    return kept


class Told:
    """The body of a stream. Whoever reads it closes it, also one that was never begun; then its place is free."""

    def __init__(self, watcher: Watcher, ending: threading.Event, places: threading.Semaphore) -> None:
        self.events, self.places, self.held = _events(watcher, ending), places, True

    def __iter__(self) -> Iterator[bytes]:
        return self.events

    def close(self) -> None:
        if self.held:
            self.held = False
            self.places.release()


def _events(watcher: Watcher, ending: threading.Event) -> Iterator[bytes]:
    yield f"retry: {AGAIN_MS}\n\n".encode()
    over = time.monotonic() + LASTS_S
    asked, said = 0.0, None
    while not ending.is_set() and (now := time.monotonic()) < over:
        if now - asked >= ASK_S:
            watcher.look_in()
            watcher.ask()
            asked = now
        news = watcher.look()
        if news != said:
            yield b"id: " + watcher.cursor.encode() + b"\ndata: " + msgspec.json.encode(news) + b"\n\n"
            said = {**news, "told": []}
        else:
            yield b":\n\n"  # who has left is noticed by this
        ending.wait(min(LOOK_S, max(over - now, 0)))
