"""A throw-away service of boxes, and people who knock at its door: for what the edge promises every service."""

import json
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Flask
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.test import TestResponse

from libs.common import orm
from libs.common.columns import Aggregate, money, type_map
from libs.common.errors import Conflict
from libs.common.orm import Database
from libs.common.preferences import Preferences
from libs.common.service import Service
from libs.common.store import Store
from libs.common.tokens import Signer, Verifier
from libs.common.web import (
    LINK,
    PUBLIC,
    SIGNED_IN,
    Allowed,
    Answer,
    Given,
    Listing,
    Page,
    Schema,
    Sort,
    begin,
    caller,
    create_app,
    endpoint,
    equal,
    fields,
    limit,
    link_token,
    one,
    page,
    reading,
    visible,
)

BOXES = "/api/v1/boxes"
HERE, THERE = UUID(int=1), UUID(int=2)
CSR, SALES, MANAGER, ADMIN, AUDITOR = (UUID(int=number) for number in range(11, 16))


class Base(DeclarativeBase):
    type_annotation_map = type_map


TABLES = orm.kernel_tables(Base.metadata)


class Box(Aggregate, Base):
    __tablename__ = "boxes"

    label: Mapped[str]
    size: Mapped[int | None]
    price: Mapped[Decimal | None] = mapped_column(money(), default=None)
    owner_id: Mapped[UUID | None] = mapped_column(index=True)

    @classmethod
    def owner_columns(cls) -> tuple[Any, ...]:
        return (cls.owner_id,)

    def open_actions(self) -> list[str]:
        return ["validate", "assign", "ship"]

    def missing(self, action: str) -> list[Any]:
        return [SimpleNamespace(field="size", text="say how large it is")] if action == "ship" and not self.size else []


class BoxIn(Schema):
    label = fields.Name(required=True)
    size = fields.Whole(least=1)
    price = fields.Money()
    owner_id = fields.Uuid()
    branch = fields.Uuid()


class BoxEdit(Schema):
    label = fields.Name()
    size = fields.Whole(least=1)


class BoxOut(Schema):
    id = fields.Uuid()
    label = fields.Text()
    size = fields.Whole()
    price = fields.Money()
    owner_id = fields.Uuid()
    version = fields.Whole()
    created_at = fields.Instant()
    allowed = Allowed({"validate": "lead.decide", "assign": "lead.assign", "ship": "lead.edit"})


class BoxRow(Schema):
    id = fields.Uuid()
    label = fields.Text()
    size = fields.Whole()
    price = fields.Money()
    owner_id = fields.Uuid()
    created_at = fields.Instant()


class BoxQuery(Page):
    label = fields.Text()
    sort = Sort("created_at", "size", "label", "price")


class FileIn(Schema):
    file = fields.File(required=True)
    note = fields.Text()


class Settings(Schema):
    target = fields.Nested(Schema.from_dict({"near": fields.Whole(), "far": fields.Whole()}))
    colours = fields.List(fields.Text())


class CountOut(Schema):
    count = fields.Whole()
    seen = fields.Text()


LISTING = Listing(Box, sa.select(Box), equal(label=Box.label))


def boxes_service(flaky: list[Exception]) -> Service:  # noqa: C901 - a page of routes, each on its own
    """``flaky`` holds what goes wrong at the next acts, first things first."""
    bp = Blueprint("boxes", __name__, url_prefix=BOXES)

    @bp.post("")
    @endpoint(may="lead.create", body=BoxIn, answer=BoxOut, status=201)
    def add(given: Given) -> Answer:
        """Take a box in."""
        with begin() as tx:
            box = tx.new(Box, **({"size": None, "owner_id": None} | given))
            if flaky:
                raise flaky.pop(0)
            return tx.answer(BoxOut(), box, 201)

    @bp.get("")
    @endpoint(may="lead.read", query=BoxQuery, answer=BoxRow, many=True)
    def boxes(asked: Given) -> Answer:
        """Boxes."""
        with reading() as tx:
            return page(tx, LISTING, BoxRow, asked)

    @bp.get("/<uuid:box_id>")
    @endpoint(may="lead.read", answer=BoxOut)
    def box(box_id: UUID) -> Answer:
        """One box."""
        with reading() as tx:
            return one(tx, BoxOut, visible(tx, Box, box_id))

    @bp.patch("/<uuid:box_id>")
    @endpoint(may="lead.edit", body=BoxEdit, answer=BoxOut, edits=True)
    def edit(box_id: UUID, given: Given) -> Answer:
        """Change a box."""
        with begin() as tx:
            found = visible(tx, Box, box_id)
            for name, value in given.items():
                setattr(found, name, value)
            tx.touch(found)
            return tx.answer(BoxOut(), found)

    @bp.post("/<uuid:box_id>/assign")
    @endpoint(may="lead.assign", answer=BoxOut)
    def assign(box_id: UUID) -> Answer:
        """Take a box over."""
        with begin() as tx:
            found = visible(tx, Box, box_id)
            found.owner_id = caller().person_id
            return tx.answer(BoxOut(), found)

    @bp.post("/import")
    @endpoint(may="lead.import", body=FileIn, answer=CountOut, upload=True, limit=1024 * 1024)
    def from_file(given: Given) -> Answer:
        """Boxes from a file."""
        with begin() as tx:
            lines = given["file"].content.decode().splitlines()
            for line in lines:
                tx.new(Box, label=line, size=None, owner_id=None)
            return tx.answer(CountOut(), {"count": len(lines), "seen": given["file"].filename})

    @bp.post("/link/<token>/open")
    @endpoint(may=LINK, answer=CountOut)
    def open_link(token: str) -> Answer:
        """A customer opens a box."""
        with begin() as tx:
            if token == "broken":
                raise RuntimeError("select secret from table")
            return tx.answer(CountOut(), {"count": tx.count("opened"), "seen": link_token()[:0] + tx.actor})

    @bp.post("/guess")
    @endpoint(may=PUBLIC, idempotent=False)
    def guess() -> Answer:
        """Try to guess."""
        limit("guess", 3)
        raise Conflict("wrong")

    @bp.get("/mine")
    @endpoint(may=SIGNED_IN, answer=CountOut)
    def mine() -> Answer:
        """Who am I?"""
        with reading() as tx:
            return tx.answer(CountOut(), {"count": len(caller().colleagues), "seen": ",".join(sorted(caller().roles))})

    preferences = Preferences(Settings, {"target": {"near": 1, "far": 2}, "colours": ["red"]})
    nowhere = Path("/nonexistent")
    return Service("boxes", "Boxes", Base.metadata, TABLES, nowhere, blueprints=lambda: (bp,), preferences=preferences)


class World:
    """The service behind its door, and people who knock."""

    def __init__(self, database: Database) -> None:
        Base.metadata.create_all(database.engine)
        self.flaky: list[Exception] = []
        self.store = Store("boxes", database, TABLES)
        self.signer = Signer.new()
        self.app: Flask = create_app(boxes_service(self.flaky), self.store, Verifier(self.signer.jwks()))
        self.tokens = {
            "csr": self.signer.issue(CSR, roles=["csr"], branch=HERE),
            "sales": self.signer.issue(SALES, roles=["salesperson"], branch=HERE),
            "admin": self.signer.issue(ADMIN, roles=["admin"], branch=HERE),
            "auditor": self.signer.issue(AUDITOR, roles=["auditor"], branch=HERE),
        }

    def call(self, method: str, path: str, body: Any = None, *, by: str | None = "csr", **headers: str) -> TestResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if by is not None:
            given["Authorization"] = f"Bearer {self.tokens[by]}"
        data, kind = (body, given.pop("Content-Type", "application/json")) if isinstance(body, bytes) else (None, None)
        more = {"data": data, "content_type": kind} if data is not None else {"json": body} if body is not None else {}
        where = path if path.startswith("/api") else f"{BOXES}{path}"
        return self.app.test_client().open(where, method=method, headers=given, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        return self.call("POST", path, {} if body is None else body, **more)

    def box(self, **more: Any) -> dict[str, Any]:
        answer = self.post("", {"label": "a box", **more})
        assert answer.status_code == 201, answer.text
        return dict(answer.json or {})

    def boxes(self) -> int:
        return self.count(Base.metadata.tables["boxes"])

    def count(self, table: sa.Table) -> int:
        with self.store.reading() as tx:
            return tx.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def problem(answer: TestResponse, status: int, slug: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    said: dict[str, Any] = json.loads(answer.data)
    assert said["status"] == status
    assert said["type"].startswith("/problems/")
    assert said["title"]
    assert said["detail"]
    assert said["request_id"] == answer.headers["X-Request-Id"]
    assert slug is None or said["type"] == f"/problems/{slug}"
    assert status != 422 or all(one["pointer"] is not None and one["detail"] for one in said["errors"])
    return said
