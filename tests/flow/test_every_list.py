"""Every list of every service, in every order, page by page, gives each record once; what narrows it does so."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa

import services
from embedded.testing import Bench
from libs.common.columns import UtcDateTime
from tests.flow.funnel import API, Funnel

ROWS = 4
BOARD = f"{API}/pipeline/board"  #: lanes side by side, no list
READERS = ("auditor", "admin", "manager")
VALUES: dict[type, list[Any]] = {
    datetime: [datetime(2026, 5, 4, tzinfo=UTC) + timedelta(days=day) for day in (0, 1)],
    date: [date(2026, 5, 4), date(2026, 5, 5)],
    Decimal: [Decimal("1.500"), Decimal("20.000")],
    str: ["a", "b"],
    int: [1, 20],
}


def test_every_list_in_every_order_gives_each_record_once_and_is_narrowed_as_it_is_asked(funnel: Funnel) -> None:
    for number in range(ROWS):
        booking = funnel.booked(total=f"{number + 1}0.50")
        funnel.visit(str(booking["opportunity_id"]), minutes=90 * number + 5)
    for _ in range(2):
        funnel.opportunity()  # of which nobody knows yet what it is worth
    assert set(narrowed(funnel.bench)) >= {
        "/leads owner", "/leads source", "/leads branch", "/leads/audit kind", "/opportunities stage",
        "/opportunities salesperson", "/opportunities/appointments assignee", "/estimates state",
        "/estimates salesperson", "/bookings customer_id", "/bookings acceptance_id", "/bookings team",
        "/bookings assignee", "/bookings/jobs status", "/notifications/deliveries person",
    }  # fmt: skip
    walked = set()
    for name, path, order in orders(funnel.bench):
        for nulls in nullable(funnel.bench, name, order.lstrip("-")):
            whole = page(funnel.bench, f"{path}?sort={order}&limit=200")
            one_by_one = list(pages(funnel.bench, f"{path}?sort={order}&limit=1"))
            assert one_by_one == whole["items"], f"{path} by {order}"
            if whole["items"]:
                walked.add((path, order, nulls))
    ordered = {path for path, _, _ in walked}
    assert ordered >= {f"{API}/{one}" for one in ("bookings", "estimates", "opportunities", "leads")}
    assert (f"{API}/bookings", "-due_at", True) in walked


def narrowed(bench: Bench) -> Iterator[str]:
    """By which names each list can be narrowed; a filter that does nothing shows everybody's work as somebody's."""
    for name, path, asked in lists(bench):
        if name == "console" and "/pipeline/" in path:  # cards have words of their own, which the reports try
            continue
        whole = page(bench, f"{path}?limit=200")
        for about, schema in asked.items():
            said = [held(row, about) for row in whole["items"]]
            if not said or any(one is None for one in said):  # nothing is there, or the rows do not say it
                continue
            known = {one for row in said for one in row}
            for value in (*sorted(known, key=str)[:1], nobodys(schema, known)):
                shown = page(bench, f"{path}?{urlencode({'limit': 200, about: text(value)})}")["items"]
                right = [row for row, values in zip(whole["items"], said, strict=True) if value in values]
                assert shown == right or whole["next"], f"{path} by {about}={value}"
            yield f"{path.removeprefix(API)} {about}"


def held(row: dict[str, Any], name: str) -> list[Any] | None:
    """What a row says of a name that its list may be asked for, or None where it does not."""
    for field in (name, f"{name}_id", f"{name}s", f"{name}_ids"):
        if field in row and not isinstance(row[field], dict):
            return row[field] if isinstance(row[field], list) else [row[field]] if row[field] is not None else []
    return None


def nobodys(schema: dict[str, Any], known: set[Any]) -> Any:
    """A value that may be asked for and that no row has."""
    if schema["type"] == "boolean":
        return not next(iter(known), True)
    return next((one for one in schema.get("enum", ()) if one not in known), str(UUID(int=9)))


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def lists(bench: Bench) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Service, path and parameters of every list at an address of its own."""
    for name in services.NAMES:
        document = bench.public.get(f"{API}/{name}/openapi.json").get_json()
        for path, verbs in document["paths"].items():
            asked = {one["name"]: one["schema"] for one in verbs.get("get", {}).get("parameters", ())}
            if path != BOARD and "{" not in path and "cursor" in asked:
                yield name, path, asked


def orders(bench: Bench) -> Iterator[tuple[str, str, str]]:
    """Service, path and order of every list that can be sorted."""
    for name, path, asked in lists(bench):
        yield from ((name, path, order) for order in asked.get("sort", {}).get("enum", ()))


def nullable(bench: Bench, name: str, column: str) -> Iterator[bool]:
    """The records as they are, and, where the column may be empty, with and without values by turns, and with none."""
    yield False
    part = bench.system.parts[name]
    tables = [one for one in part.service.metadata.tables.values() if "id" in one.c and column in one.c]
    for table in tables:
        if not table.c[column].nullable or table.c[column].computed is not None:
            continue
        kind: Any = table.c[column].type
        values = VALUES[datetime if isinstance(kind, UtcDateTime) else kind.python_type]
        for every in (2, 1):
            with part.store.begin() as tx:
                for place, ident in enumerate(tx.session.scalars(sa.select(table.c.id).order_by(table.c.id)).all()):
                    value = None if place % every == 0 else values[place // every % len(values)]
                    tx.session.execute(sa.update(table).where(table.c.id == ident).values({column: value}))
            yield True


def page(bench: Bench, path: str) -> dict[str, Any]:
    for who in READERS:
        answer = bench.as_(who).get(path)
        if answer.status_code != 403:
            break
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.get_data(as_text=True)}"
    shown: dict[str, Any] = answer.get_json()
    return shown


def pages(bench: Bench, path: str) -> Iterator[dict[str, Any]]:
    following = ""
    for _ in range(200):
        shown = page(bench, path + following)
        yield from shown["items"]
        if shown["next"] is None:
            return
        following = f"&cursor={shown['next']}"
    raise AssertionError(f"{path} never ends")
