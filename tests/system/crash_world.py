"""Three services as real processes on real databases, one of which dies at a named point; and what is left of it."""

import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4, uuid5

import sqlalchemy as sa
from joserfc.jwk import ECKey

import services
from bench.auditor import audit
from bench.ledger import Careful, Ledger
from embedded.system import System
from embedded.testing import CAST, HOME, hire
from libs.common import mail, migrate, orm
from libs.common.contracts.base import Message
from libs.common.deployment import Deployment
from libs.common.store import utc_now
from libs.common.tokens import Signer
from services.notifications.model import Webhook, WebhookDelivery
from services.notifications.settings import PREFERENCES
from services.notifications.usecases import webhooks
from tests.listening import LOOPBACK, listening
from tests.system.crash_points import PEOPLE, POINTS
from tests.system.crash_processes import Processes
from tests.system.post_office import Post

HOOKS: Any = Webhook.__table__
DELIVERIES: Any = WebhookDelivery.__table__
NAMES = ("leads", "opportunities", "notifications")
DIES_S, RESTS_S, MOMENT_S, TICK_S = 60.0, 60.0, 0.1, 0.05
LATE = 300  #: ticks after which nobody who lives is still at what was leased
FEW, MANY = 2, 25  #: kills a point
SOME_MAIL, MUCH_MAIL = 100, 5000


class CrashWorld(ABC):
    """``standing``: the processes that run unless one has just died."""

    standing: Sequence[str]

    def __init__(
        self, folder: Path, databases: Mapping[str, str], post: Post, around: Mapping[str, str] | None = None
    ) -> None:
        self.databases, self.post = dict(databases), post
        self.key = ECKey.generate_key("P-256").as_pem(private=True).decode()
        opened = {name: (services.spec(name), orm.connect(url)) for name, url in databases.items()}
        for service, database in opened.values():
            migrate.upgrade(service, database)
        self.system = System.over(opened)  # nothing of it runs: it is what the auditor looks through
        for part in self.system.parts.values():
            hire(part.store)
        self.people = self.system.parts["notifications"].store
        self.people.deployment = Deployment(inside=LOOPBACK)
        with self.people.begin() as tx:
            PREFERENCES.write(tx, None, {"quiet_hours": None}, 0)  # mail goes at any time of the day
        self.listening = ExitStack()
        self.listener = self.listening.enter_context(listening())
        with self.people.begin() as tx:
            self.hook = webhooks.add(tx, url=self.listener.url, types=["plumbline.lead.#"]).id
        self.processes = Processes(folder, self.about, around or {})
        self.ledger = Ledger(folder / "ledger")
        csr, role, branch, teams = CAST["csr"]
        token = Signer(self.key).issue(csr, name="csr", roles=[role], branch=branch, teams=teams, life=3600)
        url = f"http://127.0.0.1:{self.processes.port}"
        self.client = Careful(url, token, ledger=self.ledger, revive=self.revive)
        self.poisoned, self.given_up, self.reminded = set[UUID](), set[UUID](), set[UUID]()
        for process in self.standing:
            self.processes.start(process)

    # -- what differs

    @abstractmethod
    def process(self, dies: str) -> str:
        """The process that stands for this one here."""

    @abstractmethod
    def about(self, process: str) -> dict[str, Any]:
        """Role, service, databases, key and environment of a process."""

    # -- what happens until somebody dies

    def revive(self) -> None:
        """Whoever broke an answer off is about to be dead."""
        for process in self.standing:
            if self.processes.dead(process, within=MOMENT_S):
                self.again(process)

    def again(self, process: str) -> None:
        """What the dead one had leased is due again: sleeping would prove nothing more. Then it is started."""
        self.release(*(NAMES if process == "embedded" else (process.partition("-")[0],)))
        self.processes.start(process)

    def release(self, *names: str) -> None:
        for store in (self.system.parts[name].store for name in names):
            held, timers, letters = store.tables.held, store.tables.timers, store.tables.mail
            with store.begin() as tx:
                for table in (held, timers, letters):
                    leased = (table.c.attempts > 0) & (table.c.due_at > tx.now)
                    tx.execute(sa.update(table).where(leased).values(due_at=tx.now))
        with self.people.begin() as tx:
            tx.execute(sa.update(HOOKS).values(leased_until=None, rests_until=None))

    def enquire(self) -> None:
        """An enquiry that is given to the salesperson, who gets mail of it, and found valid."""
        tag = uuid4().hex
        who = {"person_name": tag, "emails": [f"{tag}@{tag}.example"], "owner_id": str(CAST["salesperson"][0])}
        lead = self.client.post("/api/v1/leads", {"channel": "phone", "request": "a boiler", **who})["id"]
        self.client.post(f"/api/v1/leads/{lead}/validate")

    def remind(self) -> None:
        """An enquiry; reminders that were set for later are due now."""
        self.enquire()
        store = self.system.parts["notifications"].store
        timers = store.tables.timers
        with store.begin() as tx:
            later = sa.update(timers).where(timers.c.attempts == 0, timers.c.due_at > tx.now)
            self.reminded |= set(tx.session.scalars(later.values(due_at=tx.now).returning(timers.c.subject)))

    def poison(self) -> None:
        """A fact whose data nobody can read, as if leads had published it."""
        store, subject, ident = self.system.parts["leads"].store, uuid4(), uuid4()
        message = Message(
            id=ident, source="/plumbline/leads", type="plumbline.lead.validated.v1", subject=subject, sequence="1",
            time=utc_now(), correlationid=subject, causationid="test", branch=str(HOME), data={},
        )  # fmt: skip
        row = {"event_id": ident, "agg": subject, "agg_seq": 1, "type": message.type, "body": message.encode()}
        self.poisoned.add(subject)
        with store.begin() as tx:
            tx.execute(sa.insert(store.tables.outbox).values(**row, created_at=tx.now))

    def replay(self) -> None:
        """Somebody does it: the process that is to die was started for that."""
        assert self.poisoned

    # -- dying

    def kill_at(self, name: str, turn: int) -> None:
        """Lets things happen until the process has died where it was to; then it runs again, and all comes to rest."""
        point, before = POINTS[name], len(self.processes.died())
        plan = [f"{point.first}:1", f"{name}:{turn}"] if point.first else [f"{name}:{turn}"]
        if point.load == "replay":
            self.poison()
            self.until(lambda: self.parked("opportunities"), "it is parked")
        doomed = self.processes.doomed = self.process(point.dies)
        self.processes.plan = list(plan)
        self.processes.end(doomed)
        deadline = time.monotonic() + DIES_S
        while len(self.processes.died()) < before + len(plan):
            assert time.monotonic() < deadline, f"{doomed} does not pass {name}:{turn}; {self.processes.last_words()}"
            if self.processes.dead(doomed, within=MOMENT_S):
                self.again(doomed)
            else:
                getattr(self, point.load)()
        assert self.processes.died()[before:] == [one.partition(":")[0] for one in plan]
        if self.processes.pids[doomed] == self.processes.last_to_die():  # it says so, and is gone a moment later
            assert self.processes.dead(doomed, within=DIES_S)
            self.again(doomed)
        self.processes.doomed = ""

    def dies_at(self, name: str, kills: int) -> None:
        """Driven to rest and audited after each death. A request cut off is told, once repeated, what it must be."""
        turns = Random(name)
        for kill in range(kills):
            asked = set(self.ledger.entries)
            self.kill_at(name, 1 + (kill if kill < FEW else turns.randrange(9)) % POINTS[name].most)
            self.settle()
            cut_off = [one for key, one in self.ledger.entries.items() if key not in asked and one.broken]
            if POINTS[name].dies == "leads-api":
                assert [one.replayed for one in cut_off] == [name == "after_commit"]

    def mail_goes(self, mails: int, most: int = 100) -> tuple[int, int]:
        """Mail that goes while its sender is killed, each time after some more came.

        Returns how often it was killed, and how many came again.
        """
        store, sender, kills, chance = self.system.parts["notifications"].store, self.process(PEOPLE), 0, Random(mails)
        with store.begin() as tx:
            idents = {str(mail.queue(tx, f"{n}@customer.example", f"Mail {n}", "Your offer")) for n in range(mails)}

        def missing() -> int:
            return len(idents - self.post.got.keys())

        while left := missing():
            few = max(0, left - chance.randrange(1, most))
            self.until(lambda few=few: missing() <= few, "mail goes")
            self.processes.end(sender)
            self.again(sender)
            kills += 1
        self.settle()
        again = sum(len(self.post.got[ident]) - 1 for ident in idents)
        assert again <= kills, f"{again} came again"
        return kills, again

    def posts_go(self, posts: int, most: int = 100) -> tuple[int, int]:
        """The same of what is posted to a webhook."""
        sender, kills, chance = self.process(PEOPLE), 0, Random(posts)
        with self.people.begin() as tx:
            hook = tx.get(Webhook, self.hook)
            idents = {str(webhooks.queue_test(tx, hook)) for _ in range(posts)}

        def missing() -> int:
            return len(idents - set(self.listener.ids))

        while left := missing():
            few = max(0, left - chance.randrange(1, most))
            self.until(lambda few=few: missing() <= few, "it is posted")
            self.processes.end(sender)
            self.again(sender)
            kills += 1
        self.settle()
        again = sum(1 for ident in self.listener.ids if ident in idents) - posts
        assert again <= kills, f"{again} came again"
        return kills, again

    # -- what is left

    def settle(self) -> None:
        """Until the auditor finds no fault. What was poisoned must have been parked once, and is given up."""
        for name in ("opportunities", "notifications") if self.poisoned else ():
            left = set(self.poisoned)
            self.until(lambda name=name, left=left: self._gives_up(name, left), f"{name} parks them")
        self.given_up |= self.poisoned
        self.poisoned.clear()
        faults: list[str] = ["not looked yet"]
        looks = itertools.count(1)

        def balanced() -> bool:
            if next(looks) % LATE == 0:  # a server may have done what the dead one said last after the release
                self.release(*NAMES)
            faults[:] = self.undone()  # the books are long: nobody opens them before
            if not faults:
                faults[:] = audit(self.system, self.ledger, forged=self.given_up) + self.undone()
            return not faults

        self.until(balanced, "the books balance", faults)

    def _gives_up(self, name: str, left: set[UUID]) -> bool:
        """Whether none is left: one that somebody replays at this moment is parked once more, and given up then."""
        rows = self.parked(name)
        assert len({row.agg for row in rows}) == len(rows), "each is parked once"
        left -= {row.agg for row in rows if self.system.parts[name].consumer.discard(row.id)}
        return not left

    def parked(self, name: str) -> list[Any]:
        return self.rows(name, lambda tables: sa.select(tables.parked.c.id, tables.parked.c.agg))

    def undone(self) -> list[str]:
        return self.unsent() + self.unposted() + self.unreminded()

    def unsent(self) -> list[str]:
        """Mail that did not go, or went in two versions."""
        rows = self.rows("notifications", lambda tables: sa.select(tables.mail.c.id, tables.mail.c.state))
        got = self.post.got.copy()  # in one go: more may be coming in
        gone = {str(row.id) for row in rows if row.state == "sent"}
        faults = [f"mail {row.id} is {row.state}" for row in rows if row.state != "sent"]
        faults += [f"mail {ident} is marked as sent and never came" for ident in gone - got.keys()]
        return faults + [f"mail {one} came in two versions" for one, some in got.items() if len(set(some)) > 1]

    def unposted(self) -> list[str]:
        """Facts of leads that the webhook was not told, or in two versions, or before an earlier one of their lead."""
        outbox = self.system.parts["leads"].store.tables.outbox.c
        facts = self.rows("leads", lambda _tables: sa.select(outbox.event_id, outbox.agg))
        rows = self.rows("notifications", lambda _tables: sa.select(DELIVERIES.c.id, DELIVERIES.c.state))
        got = self.listener.got.copy()
        wanted = {str(uuid5(self.hook, str(one.event_id))) for one in facts if one.agg not in self.given_up}
        faults = [f"the post {row.id} is {row.state}" for row in rows if row.state != "delivered"]
        faults += [f"the post {ident} never came" for ident in wanted - {one.id for one in got}]
        bodies, numbers = dict[str, bytes](), dict[str, int]()
        for one in got:
            if bodies.setdefault(one.id, one.body) != one.body:
                faults.append(f"the post {one.id} came in two versions")
            subject, number = one.fact["subject"], int(one.fact["sequence"])
            if number > numbers.get(subject, 0) + 1:
                faults.append(f"fact {number} of {subject} came after {numbers.get(subject, 0)}")
            numbers[subject] = max(number, numbers.get(subject, 0))
        return faults

    def unreminded(self) -> list[str]:
        told = self.system.parts["notifications"].service.metadata.tables["notifications"].c
        rows = self.rows("notifications", lambda _tables: sa.select(told.subject).where(told.reminder))
        return [f"nobody was reminded of {subject}" for subject in self.reminded - {row.subject for row in rows}]

    def rows(self, name: str, question: Callable[[Any], Any]) -> list[Any]:
        store = self.system.parts[name].store
        with store.reading() as tx:
            return list(tx.session.execute(question(store.tables)))

    def until(self, found: Callable[[], Any], what: str, why: object = "") -> None:
        for _ in range(round(RESTS_S / TICK_S)):  # ticks, not the clock: who is paused himself loses nothing
            if found():
                return
            time.sleep(TICK_S)
        raise AssertionError(f"never: {what} {why}; {self.processes.last_words()}")

    def close(self) -> None:
        self.processes.close()
        self.client.close()
        self.ledger.close()
        self.system.close()
        self.listening.close()
