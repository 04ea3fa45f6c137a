"""Sets the demo company up through the public API, as an administrator would: again, it changes nothing."""

import csv
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from demo.client import Client, Refused
from libs.common.tokens import Signer

COMPANY = Path(__file__).parent / "company"
PASSWORD = "plumbline-demo"  # noqa: S105 - the demo company's, and meant to be known
ACCOUNTS = (
    ("csr@demo.example", "answers the phone, takes enquiries in"),
    ("salesperson@demo.example", "works opportunities, prices and sends estimates"),
    ("manager@demo.example", "leads the sales team, assigns bookings to operations"),
    ("office@demo.example", "prepares customers, jobs and bookings"),
    ("operations@demo.example", "takes the work over"),
    ("technician@demo.example", "hands in enquiries from the field"),
    ("admin@demo.example", "settings, staff, price books"),
    ("auditor@demo.example", "reads everything"),
)
PATIENCE = 60.0  #: seconds until every service has heard of a branch
SERVICES_WITH_SETTINGS = ("leads", "opportunities", "estimates", "bookings", "notifications")


def load_once(url: str, key: bytes, marker: Path) -> bool:
    """Loads the company unless ``marker`` says it was done; returns whether it had to."""
    if marker.exists():
        return False
    load(Client(url, Signer(key).issue(ident("loader"), name="Set-up", roles=["admin"])))
    marker.write_text("loaded\n")
    return True


def load(admin: Client) -> None:
    """Tax codes, branches, people, teams, settings, question sets and price books, in the order of their needs."""
    for code in csv.DictReader(_text("tax_codes.csv")):
        admin.call("PUT", f"/api/v1/estimates/tax-codes/{code['code']}", {"name": code["name"], "rate": code["rate"]})
    branches = _each("branches.json", lambda one: _branch(admin, one))
    _each("staff.json", lambda one: _person(admin, one, branches))
    _each("teams.json", lambda one: _team(admin, one, branches))
    for person in _read("staff.json"):
        if person["absence"]:
            away = dict(person["absence"])
            away["cover_id"] = str(ident(f"person {away.pop('cover')}"))
            admin.post(f"/api/v1/staff/people/{ident('person ' + person['email'])}/absence", away)
    _each("question_sets.json", lambda one: _question_set(admin, one))
    for name in SERVICES_WITH_SETTINGS:
        _until_told(admin, name, branches)
        _settings(admin, name, branches)
    _each("price_books.json", lambda one: _price_book(admin, one, branches))


def ident(name: str) -> UUID:
    """The demo's ids are the same everywhere, so that loading again finds them."""
    return uuid5(NAMESPACE_URL, f"plumbline:demo:{name}")


def home_branch() -> UUID:
    """The branch that the demo accounts belong to."""
    return ident(f"branch {_read('company.json')['home_branch']}")


def _read(file: str) -> Any:
    return json.loads((COMPANY / file).read_text())


def _text(file: str) -> io.StringIO:
    return io.StringIO((COMPANY / file).read_text())


def _each(file: str, act: Callable[[Any], Any]) -> dict[str, Any]:
    return {one.get("key") or one.get("email") or one["name"]: act(one) for one in _read(file)}


def _create(admin: Client, path: str, body: dict[str, Any]) -> None:
    """Makes a record with an id of its own choosing; one that is there already stays."""
    try:
        admin.post(path, body, key=f"demo {body['id']}")
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        admin.get(f"{path}/{body['id']}")


def _branch(admin: Client, one: dict[str, Any]) -> str:
    key = str(ident(f"branch {one['key']}"))
    _create(admin, "/api/v1/staff/branches", {"id": key, **{k: v for k, v in one.items() if k != "key"}})
    return key


def _person(admin: Client, one: dict[str, Any], branches: dict[str, str]) -> str:
    key = str(ident(f"person {one['email']}"))
    taken = {name: one[name] for name in ("email", "name", "phone", "roles", "skills", "territory")}
    _create(admin, "/api/v1/staff/people", {"id": key, **taken, "branch": branches.get(one["branch"] or "")})
    admin.post(f"/api/v1/staff/people/{key}/password", {"password": PASSWORD})
    return key


def _team(admin: Client, one: dict[str, Any], branches: dict[str, str]) -> str:
    key = str(ident(f"team {one['key']}"))
    members = [
        str(ident(f"person {person['email']}")) for person in _read("staff.json") if one["key"] in person["teams"]
    ]
    body = {
        "id": key,
        "name": one["name"],
        "kind": one["kind"],
        "branch": branches[one["branch"]],
        "member_ids": members,
    }
    if one["lead"]:
        body["lead_id"] = str(ident(f"person {one['lead']}"))
    if one["acknowledge_minutes"]:
        body["acknowledge_minutes"] = one["acknowledge_minutes"]
    _create(admin, "/api/v1/staff/teams", body)
    return key


def _until_told(admin: Client, service: str, branches: dict[str, str]) -> None:
    """Staff has the branches at once; the others hear of them, and have no settings of one that they do not know."""
    deadline = time.monotonic() + PATIENCE
    for branch in branches.values():
        while True:
            try:
                admin.get(f"/api/v1/{service}/settings?branch={branch}")
                break
            except Refused as refusal:
                if refusal.status != 422 or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


def _settings(admin: Client, service: str, branches: dict[str, str]) -> None:
    """What the file says, as far as the service knows it."""
    path = f"/api/v1/{service}/settings"
    for branch, wanted in _read("settings.json").get(service, {}).items():
        query = "" if branch == "*" else f"?branch={branches[branch]}"
        now = admin.get(path + query)
        admin.edit("PUT", path + query, now | {name: value for name, value in wanted.items() if name in now})


def _question_set(admin: Client, one: dict[str, Any]) -> None:
    body = {name: value for name, value in one.items() if name not in ("key", "version")}
    admin.call("PUT", f"/api/v1/opportunities/question-sets/{one['key']}", body, match="*")


def _price_book(admin: Client, one: dict[str, Any], branches: dict[str, str]) -> None:
    """The book, then its tasks and what they are made of out of the files."""
    body = {name: value for name, value in one.items() if name not in ("tasks", "assemblies")}
    body["branch"] = branches.get(one["branch"] or "")
    book = admin.call("PUT", "/api/v1/estimates/price-books", body, match="*").body
    path = f"/api/v1/estimates/price-books/{book['id']}/import"
    for kind in ("tasks", "assemblies"):
        admin.upload(f"{path}?kind={kind}", (COMPANY / one[kind]).read_bytes(), one[kind])
