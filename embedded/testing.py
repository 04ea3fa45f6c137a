"""For tests: services in one process that move only when the test says so, and a cast of people who use them."""

import atexit
import functools
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from werkzeug.test import TestResponse

import services
from embedded.system import Part, System
from libs.common import migrate, orm, people
from libs.common.bus import Delivery
from libs.common.contracts.base import Event, Message
from libs.common.contracts.staff import Branch, BranchChanged, Person, PersonChanged, Team, TeamChanged
from libs.common.deployment import Deployment
from libs.common.service import Service
from libs.common.store import Store, utc_now

HOME, AWAY = UUID(int=1), UUID(int=2)  #: two branches
SALES, OPERATIONS, OTHER_SALES = UUID(int=11), UUID(int=12), UUID(int=13)  #: teams; the last one of AWAY
CAST: dict[str, tuple[UUID, str, UUID, tuple[UUID, ...]]] = {
    "admin": (UUID(int=101), "admin", HOME, ()),
    "csr": (UUID(int=102), "csr", HOME, ()),
    "marketing": (UUID(int=103), "marketing", HOME, ()),
    "technician": (UUID(int=104), "technician", HOME, ()),
    "salesperson": (UUID(int=105), "salesperson", HOME, (SALES,)),
    "colleague": (UUID(int=106), "salesperson", HOME, (SALES,)),
    "stranger": (UUID(int=107), "salesperson", AWAY, (OTHER_SALES,)),
    "manager": (UUID(int=108), "manager", HOME, (SALES,)),
    "office": (UUID(int=109), "office", HOME, ()),
    "operations": (UUID(int=110), "operations", HOME, (OPERATIONS,)),
    "auditor": (UUID(int=111), "auditor", HOME, ()),
}  #: name in the test → id, role, branch, teams

AGAIN_S = 60  #: how long somebody goes on with the same token: signing one takes longer than a request's own work


class Clock:
    """The time of a test: it moves only when the test says so."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or utc_now()

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


class Caller:
    """Somebody at the public door: every POST carries a key of its own unless the test gives one."""

    def __init__(self, bench: "Bench", token: str | None) -> None:
        self.bench, self.token = bench, token

    def call(self, method: str, path: str, **more: Any) -> TestResponse:
        headers: dict[str, str] = dict(more.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if method == "POST":
            headers.setdefault("Idempotency-Key", str(uuid4()))
        return self.bench.part_of(path).app.test_client().open(path, method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> TestResponse:
        return self.call("POST", path, json=body or {}, **more)

    def edit(self, method: str, path: str, body: Mapping[str, Any], read: str | None = None) -> TestResponse:
        """PUT or PATCH with the ETag of the record as it is now."""
        tag = self.get(read or path).headers["ETag"]
        return self.call(method, path, json=body, headers={"If-Match": tag})

    def items(self, path: str) -> list[dict[str, Any]]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: list[dict[str, Any]] = answer.get_json()["items"]
        return found


class Bench:
    """One service or several on files in ``directory``; what others would tell them, the test tells."""

    def __init__(self, directory: Path, names: Iterable[str] = services.NAMES, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        around = Deployment(public_url="http://plumbline.example")
        specs = [services.spec(name) for name in names]
        databases: dict[str, tuple[Service, orm.Database]] = {}
        for spec in specs:
            file = shutil.copy(_hired(spec), directory / f"{spec.name}.db")
            databases[spec.name] = spec, orm.connect(f"sqlite:///{file}", pool_size=8, durable=False)
        self.system = System.over(databases, clock=self.clock, deployment=around)
        self._sequences: dict[UUID, int] = {}
        self._tokens: dict[tuple[str, int], str] = {}

    def part_of(self, path: str) -> Part:
        for part in self.system.parts.values():
            prefixes = (f"/api/v1/{part.service.name}", *part.service.prefixes)
            if any(path == one or path.startswith((one.rstrip("/") + "/", one + "?")) for one in prefixes):
                return part
        return next(iter(self.system.parts.values()))

    def as_(self, name: str) -> Caller:
        """Somebody of the cast, signed in."""
        ident, role, branch, teams = CAST[name]
        known = name, int(time.monotonic()) // AGAIN_S
        if known not in self._tokens:
            issued = self.system.signer.issue(ident, name=name, roles=[role], branch=branch, teams=teams)
            self._tokens[known] = issued
        return Caller(self, self._tokens[known])

    @property
    def public(self) -> Caller:
        """Somebody without an account."""
        return Caller(self, None)

    def settle(self, *, deliver_twice: bool = False) -> None:
        """Lets every fact arrive. Fails when one was parked: an effect is missing."""
        self.system.settle()
        if deliver_twice:
            self.system.deliver_again()
            self.system.settle()
        for name, part in self.system.parts.items():
            table = part.store.tables.parked
            with part.store.reading() as tx:
                parked = tx.session.execute(sa.select(table.c.type, table.c.reason, table.c.detail)).all()
                held = part.store.tables.held
                failing = tx.session.execute(sa.select(held.c.reason).where(held.c.due_at.is_not(None))).all()
            assert not parked, f"{name} parked {parked}"
            assert not failing, f"{name} could not apply something: {failing}"

    def tell(self, event: Event, *, by: str, twice: bool = True, actor: str = "system") -> None:
        """Another service's fact, as it would come over the bus; by default it comes twice."""
        message = self._message(event, by, actor)
        for part in self.system.parts.values():
            if event.aggregate() in part.service.subscriptions.streams and part.service.name != by:
                for again in (False, True) if twice else (False,):
                    part.consumer.deliver([Delivery(message.encode(), redelivered=again)])
        self.settle()

    def tell_together(self, name: str, events: Iterable[tuple[str, Event]]) -> None:
        """Facts of these services, to this one, as a worker takes them that has much to do: with one delivery."""
        deliveries = [Delivery(self._message(event, by, "system").encode()) for by, event in events]
        self.system.parts[name].consumer.deliver(deliveries)
        self.settle()

    def _message(self, event: Event, by: str, actor: str) -> Message:
        number = self._sequences[event.subject] = self._sequences.get(event.subject, 0) + 1
        return Message(
            id=uuid4(),
            source=f"/plumbline/{by}",
            type=event.name,
            subject=event.subject,
            sequence=str(number),
            time=self.clock(),
            correlationid=getattr(event, "lead_id", event.subject),
            causationid="test",
            actor=actor,
            branch=str(getattr(event, "branch", None) or ""),
            data=event.data(),
        )

    def told(self, name: str, fact: type[Event] | None = None) -> list[Message]:
        """The facts a service has committed, in order; of one kind if asked."""
        part = self.system.parts[name]
        outbox = part.store.tables.outbox
        with part.store.reading() as tx:
            rows = tx.session.scalars(sa.select(outbox.c.body).order_by(outbox.c.id)).all()
        from libs.common.contracts.base import decode

        messages = [decode(bytes(row)) for row in rows]
        return [one for one in messages if fact is None or one.type == fact.name]

    def close(self) -> None:
        self.system.close()


@functools.cache
def _templates() -> Path:
    directory = tempfile.mkdtemp(prefix="plumbline-hired-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return Path(directory)


def _hired(service: Service) -> Path:
    """A file of the service's that is up to date and knows the cast: made once a process, copied for each test."""
    path = _templates() / f"{service.name}.db"
    if path.exists():
        return path
    database = orm.connect(f"sqlite:///{path}", durable=False)
    migrate.upgrade(service, database)
    hire(Store(service.name, database, service.tables))
    database.dispose()
    return path


def hire(store: Store) -> None:
    """The cast and its two branches, as this service would have heard of them."""
    with store.begin() as tx:
        for branch, name, codes in ((HOME, "Nashville", ("37201",)), (AWAY, "Louisville", ("40202",))):
            there = Branch(name=name, time_zone="America/Chicago", currency="USD", service_area=codes, trades=("hvac",))
            people.remember_branch(tx, BranchChanged(subject=branch, branch=there))
        for team, kind, branch in (
            (SALES, "sales", HOME),
            (OPERATIONS, "operations", HOME),
            (OTHER_SALES, "sales", AWAY),
        ):
            members = tuple(ident for ident, _, _, teams in CAST.values() if team in teams)
            lead = CAST["manager"][0] if team == SALES else None
            record = Team(name=kind, kind=kind, branch=branch, lead_id=lead, member_ids=members)
            people.remember_team(tx, TeamChanged(subject=team, team=record))
        for name, (ident, role, branch, teams) in CAST.items():
            person = Person(name=name, email=f"{name}@test.example", roles=(role,), branch=branch, team_ids=teams)
            people.remember_person(tx, PersonChanged(subject=ident, person=person))


def moment(text: str) -> datetime:
    """``2026-05-04 10:00`` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
