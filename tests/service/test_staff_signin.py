"""Signing in: who may, what a token says, and what guessing costs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from embedded.testing import Bench, Caller
from libs.common import tokens
from libs.common.errors import Unauthenticated
from libs.common.tokens import Signer, Verifier
from libs.common.web.limits import Limits
from services.console.api.screens.seat import PLAIN, Seat
from services.staff.api.signin import ACCOUNT_MISSES, ADDRESS_MISSES

STAFF = "/api/v1/staff"
RIGHT = "correct horse battery"


class Seconds:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def staff(bench: Callable[..., Bench], seconds: Seconds) -> Bench:
    made = bench("staff")
    extensions = made.system.parts["staff"].app.extensions
    extensions["plumbline.edge"] = replace(extensions["plumbline.edge"], limits=Limits(seconds))
    return made


def account(staff: Bench, email: str = "ann@demo.example", **more: Any) -> dict[str, Any]:
    admin = staff.as_("admin")
    ann: dict[str, Any] = admin.post(
        f"{STAFF}/people", {"name": "Ann", "email": email, "roles": ["csr"]} | more
    ).get_json()
    assert admin.post(f"{STAFF}/people/{ann['id']}/password", {"password": RIGHT}).status_code == 200
    return ann


def sign_in(staff: Bench, email: str = "ann@demo.example", password: str = RIGHT, address: str = "192.0.2.1") -> Any:
    body = {"email": email, "password": password}
    return staff.public.post(f"{STAFF}/sessions", body, environ_overrides={"REMOTE_ADDR": address})


def test_a_token_says_who_signed_in_and_me_says_the_same(staff: Bench) -> None:
    ann = account(staff)
    theirs = ({"lead_id": ann["id"]}, {"member_ids": [ann["id"]]}, {})  # led, and been in; the third is others'
    teams = [{"name": f"Advisors {at}", "kind": "sales", **one} for at, one in enumerate(theirs)]
    made = [staff.as_("admin").post(f"{STAFF}/teams", one).get_json() for one in teams]
    answer = sign_in(staff, "ANN@demo.Example")

    session = answer.get_json()
    assert (answer.status_code, session["token_type"], session["expires_in"]) == (201, "Bearer", 900)
    assert session["person"]["roles"] == ["csr"]
    assert session["person"]["teams"] == [{name: one[name] for name in ("id", "kind", "name")} for one in made[:2]]
    assert Caller(staff, session["access_token"]).get(f"{STAFF}/me").get_json() == session["person"]


def test_a_session_is_made_anew_each_time_whatever_its_key(staff: Bench) -> None:
    account(staff)
    body, key = {"email": "ann@demo.example", "password": RIGHT}, {"Idempotency-Key": "same"}
    answers = [staff.public.post(f"{STAFF}/sessions", body, headers=key) for _ in range(2)]
    assert all("Idempotency-Replayed" not in one.headers and one.status_code == 201 for one in answers)


def test_whatever_is_wrong_the_refusal_says_the_same(staff: Bench) -> None:
    account(staff)
    gone = account(staff, "gone@demo.example")
    staff.as_("admin").post(f"{STAFF}/people/{gone['id']}/deactivate")
    staff.as_("admin").post(f"{STAFF}/people", {"name": "No", "email": "none@demo.example", "roles": ["service"]})
    tries = [
        ("ann@demo.example", "wrong"),
        ("nobody@demo.example", RIGHT),
        ("gone@demo.example", RIGHT),
        ("none@demo.example", RIGHT),
    ]

    answers = [sign_in(staff, email, password) for email, password in tries]
    assert [one.status_code for one in answers] == [401] * 4
    assert len({one.get_json()["detail"] for one in answers}) == 1
    assert all("WWW-Authenticate" in one.headers for one in answers)


def test_an_unknown_address_costs_a_whole_check_too(staff: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.staff.usecases import signin

    checked: list[str | None] = []
    monkeypatch.setattr(signin, "matches", lambda kept, _typed: bool(checked.append(kept)))
    sign_in(staff, "nobody@demo.example")
    assert checked == [None]


def test_somebody_who_left_is_shut_out_at_once_though_their_token_lives(staff: Bench) -> None:
    ann = account(staff)
    caller = Caller(staff, sign_in(staff).get_json()["access_token"])
    assert caller.get(f"{STAFF}/me").status_code == 200

    staff.as_("admin").post(f"{STAFF}/people/{ann['id']}/deactivate")
    assert caller.get(f"{STAFF}/me").status_code == 401
    assert sign_in(staff).status_code == 401


def test_a_role_taken_away_is_gone_at_once(staff: Bench) -> None:
    ann = account(staff, roles=["admin"])
    caller = Caller(staff, sign_in(staff).get_json()["access_token"])
    assert "email" in caller.items(f"{STAFF}/people")[0]

    staff.as_("admin").edit("PATCH", f"{STAFF}/people/{ann['id']}", {"roles": ["csr"]})
    assert "email" not in caller.items(f"{STAFF}/people")[0]


# -- guessing


def test_guessing_an_account_is_slowed_even_with_the_right_password(staff: Bench, seconds: Seconds) -> None:
    account(staff)
    assert [sign_in(staff, password="wrong").status_code for _ in range(ACCOUNT_MISSES)] == [401] * ACCOUNT_MISSES

    refused = sign_in(staff, "ANN@demo.example")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    seconds.now += int(refused.headers["Retry-After"])
    assert sign_in(staff).status_code == 201


def test_who_guesses_from_elsewhere_locks_nobody_out(staff: Bench) -> None:
    account(staff)
    for _ in range(ACCOUNT_MISSES + 1):
        sign_in(staff, password="wrong", address="198.51.100.9")
    assert sign_in(staff, address="198.51.100.9").status_code == 429
    assert sign_in(staff, address="192.0.2.1").status_code == 201


def test_who_guesses_at_the_console_from_however_many_addresses_locks_nobody_out_of_it(
    bench: Callable[..., Bench],
) -> None:
    """All browsers come by the console, which has one address of its own."""
    office = bench("staff", "console")
    account(office)

    def at_the_console(password: str, address: str) -> int:
        typed = {"email": "ann@demo.example", "password": password}
        where = {"REMOTE_ADDR": address}
        return (
            office.system.parts["console"]
            .app.test_client()
            .post("/sign-in", data=typed, environ_overrides=where)
            .status_code
        )

    guesses = [at_the_console("wrong", "198.51.100.9") for _ in range(ACCOUNT_MISSES + 1)]
    assert (guesses[0], guesses[-1]) == (401, 429)
    assert at_the_console(RIGHT, "198.51.100.9") == 429
    for place in range(1, 4):
        assert [at_the_console("wrong", f"203.0.113.{place}") for _ in range(4)] == [401] * 4
    assert at_the_console(RIGHT, "192.0.2.1") == 303


def test_an_office_behind_one_address_signs_in_as_often_as_it_likes(staff: Bench) -> None:
    account(staff)
    assert {sign_in(staff).status_code for _ in range(ACCOUNT_MISSES + 2)} == {201}


def test_one_password_tried_on_many_accounts_is_slowed_too(staff: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.staff.usecases import signin

    monkeypatch.setattr(signin, "matches", lambda *_: False)  # a hundred real ones would take seconds
    guesses = [sign_in(staff, f"guess{n}@demo.example").status_code for n in range(ADDRESS_MISSES + 1)]
    assert guesses == [401] * ADDRESS_MISSES + [429]


# -- passwords


@pytest.mark.parametrize("password", ["short", "", "x" * 201, 1234567890])
def test_a_password_of_no_use_is_refused(staff: Bench, password: Any) -> None:
    ann = account(staff)
    answer = staff.as_("admin").post(f"{STAFF}/people/{ann['id']}/password", {"password": password})
    assert answer.status_code == 422
    assert sign_in(staff).status_code == 201


def test_a_new_password_ends_what_was_begun_with_the_one_before(staff: Bench) -> None:
    """A phone was lost: who holds it has a session that would otherwise be renewed for half a day."""
    ann = account(staff)
    began = datetime.now(UTC) - timedelta(hours=1)
    lost = Caller(
        staff, staff.system.parts["staff"].app.config["signer"].issue(UUID(ann["id"]), began=began.timestamp())
    )
    assert lost.post(f"{STAFF}/sessions/renew").status_code == 401

    new = Caller(staff, sign_in(staff).get_json()["access_token"])
    again = new.post(f"{STAFF}/sessions/renew")
    assert again.status_code == 201
    assert Caller(staff, again.get_json()["access_token"]).post(f"{STAFF}/sessions/renew").status_code == 201


def test_who_signs_out_at_the_console_leaves_nothing_behind_that_goes_on(bench: Callable[..., Bench]) -> None:
    """A device is others', too: a copy of its cookie was renewed for half a day."""
    office = bench("staff", "console")
    ann = account(office)
    browser = office.system.parts["console"].app.test_client()
    browser.post("/sign-in", data={"email": "ann@demo.example", "password": RIGHT})
    cookie = browser.get_cookie(PLAIN)
    assert cookie is not None
    seat = Seat(*cookie.value.split(".", 1))
    copied = Caller(office, seat.token)
    assert copied.post(f"{STAFF}/sessions/renew").status_code == 201

    left = browser.post("/sign-out", data={"_secret": seat.form_secret})

    assert left.headers["Location"] == "/sign-in"
    assert copied.post(f"{STAFF}/sessions/renew").status_code == 401
    signer, later = office.system.parts["staff"].app.config["signer"], datetime.now(UTC) + timedelta(seconds=5)
    elsewhere = Caller(office, signer.issue(UUID(ann["id"]), began=later.timestamp()))
    assert elsewhere.post(f"{STAFF}/sessions/renew").status_code == 201, "another session of theirs goes on"


def test_who_signs_out_on_a_page_that_is_older_than_their_sign_in_is_signed_out(bench: Callable[..., Bench]) -> None:
    office = bench("staff", "console")
    account(office)
    browser = office.system.parts["console"].app.test_client()
    browser.post("/sign-in", data={"email": "ann@demo.example", "password": RIGHT})
    of_before = {"_secret": "0" * 32}

    forged = browser.post("/sign-out", data=of_before, headers={"Origin": "https://elsewhere.example"})
    assert (forged.status_code, browser.get_cookie(PLAIN) is None) == (403, False)
    left = browser.post("/sign-out", data=of_before, headers={"Origin": "http://localhost"})
    assert (left.headers["Location"], browser.get_cookie(PLAIN)) == ("/sign-in", None)


def test_a_new_password_replaces_the_old_and_no_trace_of_either_is_kept(staff: Bench) -> None:
    ann = account(staff)
    staff.as_("admin").post(f"{STAFF}/people/{ann['id']}/password", {"password": "another one 2"})
    assert (sign_in(staff).status_code, sign_in(staff, password="another one 2").status_code) == (401, 201)

    part = staff.system.parts["staff"]
    with part.store.reading() as tx:
        rows = [
            str(row) for table in part.service.metadata.tables.values() for row in tx.session.execute(table.select())
        ]
    assert not [row for row in rows if RIGHT in row or "another one 2" in row]
    assert len([row for row in rows if "$argon2id$v=19$m=19456,t=2,p=1$" in row]) == 1
    with part.store.reading() as tx:  # a kept key's fingerprint would be a fast hash of the password
        assert not [
            path for path in tx.session.scalars(sa.select(part.store.tables.idempotency.c.path)) if "password" in path
        ]


# -- keys


def test_another_service_reads_the_keys_and_follows_when_they_change(staff: Bench) -> None:
    account(staff)
    now = Seconds()
    app = staff.system.parts["staff"].app
    verifier = Verifier(url=f"{STAFF}/jwks", monotonic=now, fetch=lambda url: staff.public.get(url).get_json())
    before = sign_in(staff).get_json()
    assert str(verifier.verify(before["access_token"]).person_id) == before["person"]["id"]

    app.config["signer"] = Signer.new()
    after = sign_in(staff).get_json()["access_token"]
    with pytest.raises(Unauthenticated):
        verifier.verify(after)  # it asked for the keys a moment ago
    now.now += tokens.REFETCH_S + 1
    assert verifier.verify(after).roles == ("csr",)


def test_the_published_keys_are_public_halves_only(staff: Bench) -> None:
    [key] = staff.public.get(f"{STAFF}/jwks").get_json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_a_session_goes_on_for_half_a_day_and_no_longer(staff: Bench) -> None:
    ann = account(staff)
    first = Caller(staff, sign_in(staff).get_json()["access_token"])
    renewed = first.post(f"{STAFF}/sessions/renew")
    assert (renewed.status_code, renewed.get_json()["person"]["id"]) == (201, ann["id"])

    again = Caller(staff, renewed.get_json()["access_token"])
    staff.clock.forward(hours=11)
    assert again.post(f"{STAFF}/sessions/renew").status_code == 201
    staff.clock.forward(hours=2)
    assert again.post(f"{STAFF}/sessions/renew").status_code == 401
    assert staff.public.post(f"{STAFF}/sessions/renew").status_code == 401
