"""Branches are opened and changed."""

from typing import Any
from uuid import UUID

import msgspec

from libs.common.parties import country_of, from_anywhere
from libs.common.tx import Tx
from services.staff.model import Branch
from services.staff.usecases import checks, facts

PLAIN = (
    "name", "address", "phone", "email", "time_zone", "currency", "locale", "calendar", "service_area", "trades",
)  # fmt: skip


def open_branch(tx: Tx, *, ident: UUID | None = None, **given: Any) -> Branch:
    checks.demand_new_id(tx, ident)
    ident = ident or tx.store.ids()
    blank: dict[str, Any] = {"calendar": {}, "service_area": [], "trades": []}
    branch = tx.new(Branch, ident, branch=ident, **blank | _plain(given))
    _dial_at_home(branch)
    facts.tell_branch(tx, branch)
    return branch


def change_branch(tx: Tx, branch: Branch, **given: Any) -> Branch:
    """Corrections by hand; whoever keeps a copy is told the whole record."""
    before = {name: getattr(branch, name) for name in PLAIN}
    for name, value in _plain(given).items():
        setattr(branch, name, value)
    if "phone" in given:
        _dial_at_home(branch)
    if before != {name: getattr(branch, name) for name in PLAIN}:
        facts.tell_branch(tx, branch)
    return branch


def _dial_at_home(branch: Branch) -> None:
    """Its number, if it says no country, is of where it is."""
    if branch.phone is not None:
        branch.phone = from_anywhere(branch.phone, country_of({"address": branch.address, "locale": branch.locale}))


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    kept = {name: given[name] for name in PLAIN if name in given}
    if "calendar" in kept:
        kept["calendar"] = msgspec.to_builtins(kept["calendar"])
    return kept
