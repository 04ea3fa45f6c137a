"""Signing in and out. On the demo company one click is enough."""

from contextlib import suppress

import sqlalchemy as sa
from flask import Blueprint, Response, g, request

from libs.common.errors import TooMany, Unavailable
from libs.common.parties import email_key
from libs.common.web import limit, reading
from services.console.adapters import words
from services.console.adapters.doors import BRIEF_S
from services.console.api.screens import seat
from services.console.api.screens.frame import PUBLIC, doors, go, page, safe_path, screen

bp = Blueprint("console_signin", __name__)

PASSWORD = "plumbline-demo"  # noqa: S105 - said in the README, and set in demo data only
#: wrong passwords a minute from one address, for one account and in all; staff is told the browser's, and counts, too
ACCOUNT_MISSES, ADDRESS_MISSES = 5, 50
TOO_MANY = words.said("Too many attempts. Wait a minute, then try again.")
#: what each of the demo company's people is there for, in the order of a funnel
ROLES = (
    ("csr", words.said("Take a call"), words.said("CSR")),
    ("salesperson", words.said("Visit and sell"), words.said("Salesperson")),
    ("manager", words.said("Run the team"), words.said("Sales manager")),
    ("office", words.said("Order and schedule"), words.said("Office")),
    ("operations", words.said("Do the work"), words.said("Operations lead")),
    ("technician", words.said("Hand in a lead"), words.said("Technician")),
    ("admin", words.said("Set it all up"), words.said("Admin")),
    ("auditor", words.said("Read everything"), words.said("Auditor")),
)


@bp.get("/sign-in")
@screen(may=PUBLIC)
def sign_in_page() -> Response:
    """Who are you today?"""
    return _shown()


@bp.post("/sign-in")
@screen(may=PUBLIC)
def sign_in() -> Response:
    """With e-mail and password, or as somebody of the demo company."""
    role = request.form.get("role", "")
    if role in {name for name, _, _ in ROLES}:
        email, password = f"{role}@demo.example", PASSWORD
    else:
        email, password = request.form.get("email", "").strip(), request.form.get("password", "")
    address = request.remote_addr or ""
    limits = ((f"sign-in {email_key(email)} {address}", ACCOUNT_MISSES), (f"sign-in {address}", ADDRESS_MISSES))
    try:
        for key, most in limits:
            limit(key, most, cost=0)
    except TooMany:
        return _shown(429, TOO_MANY, email)
    said = doors().ask("POST", "/staff/sessions", {"email": email, "password": password})
    if said.status == 401:
        for key, most in limits:
            with suppress(TooMany):  # it is said the next time
                limit(key, most)
    if said.status == 201:
        answer = go(safe_path(request.form.get("next")))
        seat.keep(answer, seat.fresh(said.data["access_token"]))
        return answer
    told = {
        401: words.said("The e-mail address or the password is wrong."),
        422: words.said("Enter your e-mail address and your password."),
        429: TOO_MANY,
    }
    trouble = told.get(said.status, words.said("Signing in is not possible right now. Try again in a moment."))
    return _shown(said.status, trouble, email)


@bp.post("/sign-out")
@screen(may=PUBLIC, leaves=True)
def sign_out() -> Response:
    """Leaves this browser, and ends what it had begun: a copy of its cookie is good for some minutes at most."""
    if g.get("caller") is not None:
        with suppress(Unavailable):  # then that lasts as long as it would have without this
            doors().ask("POST", "/staff/sessions/end", patience=BRIEF_S)
    answer = go("/sign-in", words.said("You are signed out."), saved=False)
    seat.leave(answer)
    g.renewed = False
    return answer


def _shown(status: int = 200, trouble: str = "", email: str = "") -> Response:
    with reading() as tx:
        people = tx.tables.people
        demo = [f"{name}@demo.example" for name, _, _ in ROLES]
        rows = tx.execute(sa.select(people.c.email, people.c.name).where(people.c.email.in_(demo))).all()
        branches = tx.execute(sa.select(tx.tables.branches.c.name).limit(2)).scalars().all()
    company = branches[0] if len(branches) == 1 else ""  # of several, nobody knows whose this is
    known = {row.email.partition("@")[0]: row.name for row in rows}
    roles = [(name, does, title, known[name]) for name, does, title in ROLES if name in known]
    then = safe_path(request.values.get("next"))
    return page(
        "sign-in.html", status, trouble=trouble, email=email, roles=roles, company=company, then=then, counts=None
    )
