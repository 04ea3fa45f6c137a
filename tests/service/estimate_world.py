"""What the tests of estimates start from: tax codes, a converted opportunity, an offer that is out."""

from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from werkzeug.test import TestResponse

from embedded.testing import CAST, HOME, Bench
from libs.common.contracts.opportunities import OpportunityConverted
from libs.common.contracts.parts import Address, Phone, Prospect

ESTIMATES, SHARED = "/api/v1/estimates", "/api/v1/shared"
SITE = Address(line1="12 Main St", city="Nashville", region="TN", postal_code="37201", country="US")
PUMP = {"description": "Heat pump, installed", "qty": "1", "unit_price": "8400.00"}


def set_taxes(bench: Bench) -> None:
    for code, rate in (("t22", "0.22"), ("t19", "0.19"), ("t20", "0.20"), ("t0", "0")):
        answer = bench.as_("admin").call("PUT", f"{ESTIMATES}/tax-codes/{code}", json={"name": code, "rate": rate})
        assert answer.status_code == 201, answer.get_data(as_text=True)


def load_book(bench: Bench, text: str, name: str = "Flat rates", **more: Any) -> str:
    """A price book in use, out of a CSV all of whose rows are sound."""
    admin = bench.as_("admin")
    made = admin.post(f"{ESTIMATES}/price-books", {"name": name, "status": "active", **more})
    assert made.status_code == 201, made.get_data(as_text=True)
    ident = str(made.get_json()["id"])
    file = {"file": (BytesIO(text.encode()), "book.csv")}
    answer = admin.call("POST", f"{ESTIMATES}/price-books/{ident}/import", data=file)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert not answer.get_json()["rejected"], answer.get_data(as_text=True)
    return ident


def set_rules(bench: Bench, **rules: Any) -> None:
    """The company's settings for estimates."""
    settings = f"{ESTIMATES}/settings"
    body = bench.as_("admin").get(settings).get_json() | rules
    answer = bench.as_("admin").edit("PUT", settings, {k: v for k, v in body.items() if v is not None})
    assert answer.status_code == 200, answer.get_data(as_text=True)


def converted(bench: Bench, salesperson: str = "salesperson", **more: Any) -> OpportunityConverted:
    """Somebody wants a price; the fact comes twice."""
    event = OpportunityConverted(
        **{
            "subject": uuid4(),
            "lead_id": uuid4(),
            "number": "O-00007",
            "title": "Heat pump for Ivy",
            "stage": "converted",
            "stage_type": "open",
            "salesperson_id": CAST[salesperson][0],
            "branch": HOME,
            "prospect": Prospect(
                channel="phone",
                person_name="Ivy Castellan",
                phones=(Phone(e164="+16155550142", typed="615 555 0142"),),
                emails=("ivy@castellan.example",),
                address=SITE,
                trade="hvac",
            ),
            "converted_at": bench.clock(),
            "probability": 50,
            "product_interest": "heat pump",
            "site": SITE,
        }
        | more
    )
    bench.tell(event, by="opportunities")
    return event


def drafted(bench: Bench, salesperson: str = "salesperson", **more: Any) -> dict[str, Any]:
    """The estimate that was drafted for a new opportunity, as its list shows it."""
    event = converted(bench, salesperson, **more)
    [estimate] = bench.as_("auditor").items(f"{ESTIMATES}?opportunity_id={event.subject}")
    return estimate


def write(bench: Bench, ident: str, *lines: dict[str, Any], by: str = "salesperson", **more: Any) -> TestResponse:
    """Writes the draft: one option with these lines unless the test gives options."""
    body = {"options": [{"name": "Standard", "lines": list(lines)}]} | more
    return bench.as_(by).edit("PUT", f"{ESTIMATES}/{ident}/draft", body, read=f"{ESTIMATES}/{ident}")


def priced(bench: Bench, ident: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Writes the draft and returns what its first option comes to."""
    answer = write(bench, ident, *lines, **more)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    totals: dict[str, Any] = answer.get_json()["options"][0]["totals"]
    return totals


def act(bench: Bench, ident: str, what: str, body: Any = None, by: str = "salesperson", **more: Any) -> TestResponse:
    return bench.as_(by).post(f"{ESTIMATES}/{ident}/{what}", body, **more)


def problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    found: dict[str, Any] = answer.get_json()
    return found


def seen(bench: Bench, ident: str, by: str = "auditor") -> dict[str, Any]:
    answer = bench.as_(by).get(f"{ESTIMATES}/{ident}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def sent(bench: Bench, *lines: dict[str, Any], **more: Any) -> tuple[str, str]:
    """An offer that is out: its id and its link's secret."""
    ident = drafted(bench)["id"]
    priced(bench, ident, *(lines or (PUMP,)), **more)
    return ident, send(bench, ident)


def send(bench: Bench, ident: str, by: str = "salesperson") -> str:
    answer = act(bench, ident, "send", {"to": ["ivy@castellan.example"]}, by=by)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_json()["share_url"]).rpartition("/")[2]


def yes(bench: Bench, token: str, **more: Any) -> dict[str, Any]:
    """A complete acceptance of the first option."""
    shown = bench.public.get(f"{SHARED}/{token}").get_json()
    return {"option": shown["options"][0]["id"], "typed_name": "Ivy Castellan", "consent": True} | more


def accepted(bench: Bench, *lines: dict[str, Any]) -> tuple[str, UUID]:
    """An estimate that was accepted, and its acceptance's id."""
    ident, token = sent(bench, *lines)
    answer = bench.public.post(f"{SHARED}/{token}/accept", yes(bench, token))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return ident, UUID(answer.get_json()["acceptance_id"])


def mails(bench: Bench) -> list[Any]:
    """What waits to go out."""
    part = bench.system.parts["estimates"]
    with part.store.reading() as tx:
        return list(tx.session.execute(sa.select(part.store.tables.mail)).all())
