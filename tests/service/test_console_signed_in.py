"""Who may open the console's pages and whose forms are heard: signed in or not, long enough, and from here."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

import services
from embedded import described
from embedded.testing import CAST, Bench
from libs.common.auth import RULES, Role
from libs.common.errors import Unavailable
from libs.common.web import SIGNED_IN
from services.console.api.acts import EVERY
from services.console.api.screens.seat import PLAIN
from tests.service.console_reader import Reader
from tests.service.test_console_pages import entered


@pytest.fixture
def office(bench: Callable[..., Bench]) -> Bench:
    return bench(*services.NAMES)


def filled(path: str) -> str:
    return "/".join(str(uuid4()) if part.startswith("<") else part for part in path.split("/"))


def test_every_page_leads_who_is_not_signed_in_to_the_door_and_back(office: Bench) -> None:
    for method, path, who, _ in described.pages(services.spec("console")):
        if who != "public":
            answer = Reader(office).client.open(filled(path), method=method)
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in"), path


def test_a_page_is_refused_to_whom_the_table_does_not_name_in_plain_words(office: Bench) -> None:
    for method, path, who, _ in described.pages(services.spec("console")):
        permissions = [word.strip("`") for word in who.split(", ")]
        if method != "GET" or not all(permission in RULES for permission in permissions):
            continue
        for person, (_, role, _, _) in CAST.items():
            if not any(Role(role) in RULES[permission] for permission in permissions):
                page = Reader(office, person).open(filled(path))
                assert (page.status, page.answer.mimetype) == (403, "text/html"), f"{person}: {path}"
    for key, act in EVERY.items():  # a form by itself; others stand before a record, which is not theirs either
        permissions = [act.may] if isinstance(act.may, str) else list(act.may)
        if not act.placeholders and not any(Role.TECHNICIAN in RULES.get(one, ()) for one in permissions):
            assert Reader(office, "technician").open(f"/do/{key}").status == (200 if act.may == SIGNED_IN else 404), key


def test_a_form_of_another_site_is_not_heard(office: Bench) -> None:
    reader = Reader(office, "csr")
    [form] = [one for one in reader.open("/new").forms if one.ident == "entry"]
    data = dict(form.fields) | {"person_name": "Mallory", "channel": "phone"}
    before = len(office.as_("csr").items("/api/v1/leads"))

    stolen = reader.client.post("/new", data={**data, "_secret": "guessed"})
    foreign = reader.client.post("/new", data=data, headers={"Origin": "https://evil.example"})
    hidden = reader.client.post("/new", data=data, headers={"Origin": "null"})

    broken = [reader.client.post("/new", data=data | {"_key": key}) for key in ("a\nb", "\N{GRINNING FACE}")]

    assert [one.status_code for one in (stolen, foreign, hidden, *broken)] == [403, 403, 403, 422, 422]
    assert len(office.as_("csr").items("/api/v1/leads")) == before
    assert reader.client.post("/new", data=data, headers={"Origin": "http://localhost"}).status_code == 303


def test_a_session_that_ended_leads_to_the_door_and_says_so(office: Bench) -> None:
    reader = Reader(office, "csr")
    office.clock.forward(days=1)
    reader.client.set_cookie(PLAIN, "0" * 32 + ".not.a.token")
    page = reader.open("/leads")
    assert "Your session is over" in page.text
    assert page.answer.request.args["next"] == "/leads"
    for branch in ("Nashville", "Louisville"):
        assert branch not in page.text, "it may be theirs, or another one"


def test_a_form_that_met_the_end_of_its_session_leads_back_to_where_it_stands(office: Bench) -> None:
    ident = entered(office)
    for page in ("/new", f"/do/lead.edit/{ident}?back=/leads"):
        reader = Reader(office, "csr")
        reader.open(page)
        reader.client.delete_cookie(PLAIN)  # another tab has found out, and left
        reader.headers = {"Referer": f"http://localhost{page}"}
        told = reader.press("Save and hand over" if page == "/new" else "Save", person_name="June")
        assert "Your session is over" in told.text
        assert told.answer.request.args["next"] == page


def test_a_form_from_before_the_sign_in_is_not_heard_and_leads_back_to_where_it_stands(office: Bench) -> None:
    reader, page = Reader(office, "csr"), "/new"
    reader.open(page)
    token = str(reader.client.get_cookie(PLAIN).value).partition(".")[2]
    reader.client.set_cookie(PLAIN, f"{'1' * 32}.{token}")  # signed in anew, in another tab
    reader.headers = {"Origin": "http://localhost", "Referer": f"http://localhost{page}"}
    told = reader.press("Save and hand over", person_name="June Pettibone")
    assert "the page was older than your sign-in" in told.text
    assert (told.status, told.answer.request.path) == (200, page)
    assert "data-saved" not in told.html
    assert office.as_("csr").items("/api/v1/leads") == []


def test_a_way_back_never_leaves_the_console(office: Bench) -> None:
    for path in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        reader = Reader(office, "csr")
        ident = entered(office, person_name=f"Ann {path}", phones=[])
        reader.open(f"/do/lead.assign/{ident}?back={path}")
        page = reader.press("Give it to somebody", owner_id=str(CAST["salesperson"][0]))
        assert page.answer.request.host == "localhost"
        assert page.answer.request.path in ("/", f"/leads/{ident}")


def test_an_address_that_nobody_has_says_so_to_people_and_programs(office: Bench) -> None:
    page = Reader(office, "csr").open("/nothing/here")
    assert (page.status, page.answer.mimetype) == (404, "text/html")
    assert "The counts are not here right now." not in page.text
    program = Reader(office).client.get("/api/v1/nothing")
    assert (program.status_code, program.mimetype) == (404, "application/problem+json")
    posted_to = Reader(office).client.get("/api/v1/console/replay")
    assert (posted_to.status_code, posted_to.headers["Allow"]) == (405, "POST, OPTIONS"), (
        "it is there, but not to be read"
    )


def test_whose_session_is_good_for_some_minutes_yet_has_their_page_while_staff_are_away(
    office: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(office, "csr")
    reader.open("/new")
    app = office.system.parts["console"].app
    carry = app.extensions["carrier"]

    def without_staff(method: str, path: str, *more: Any) -> Any:
        if path.startswith("/api/v1/staff"):
            raise Unavailable("staff are away")
        return carry(method, path, *more)

    monkeypatch.setitem(app.extensions, "carrier", without_staff)
    office.clock.forward(minutes=10)  # from now on each page would have the session renewed
    assert reader.open("/new").status == 200
