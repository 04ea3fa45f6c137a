"""The role table applied to records: what of them somebody sees, and whether an act on one is theirs to do."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from libs.common.auth import ALL, OWN, Caller, May, Role, only_looks, reach
from libs.common.columns import Aggregate, one_of

Chosen = TypeVar("Chosen")
Condition = sa.ColumnElement[bool]


def scoped(
    statement: sa.Select[Chosen], kind: type[Any], caller: Caller, permission: May, *, one: bool = False
) -> sa.Select[Chosen]:
    """The statement, narrowed to what this caller may see. ``kind`` may say ``owner_columns`` and ``parts_seen``.

    ``with_them`` is what else makes a record theirs, for this permission (``is_with`` says so of one at hand),
    ``near_them`` what lets them see ``one`` that is not, ``sold_by`` what of another branch they look at all the same.
    """
    return statement.where(*_conditions(kind, caller, permission, one))


def _conditions(kind: type[Any], caller: Caller, permission: May, one: bool) -> Sequence[Condition]:
    """What the caller's roles let them see; a role that sees a part only adds that part to what the others see."""
    parts = {role: part for role, part in _parts(kind).items() if role in caller.roles}
    whole = _reached(kind, caller, caller.roles.difference(parts), permission, one)
    ways = [] if whole is None else [whole]
    for role, part in parts.items():
        reached = _reached(kind, caller, frozenset({role}), permission, one)
        ways += [] if reached is None else [[*reached, part]]
    if len(ways) > 1:
        return [sa.or_(*(sa.and_(sa.true(), *way) for way in ways))]
    return ways[0] if ways else [sa.false()]


def _reached(
    kind: type[Any], caller: Caller, roles: frozenset[Role], permission: May, one: bool
) -> list[Condition] | None:
    """What these roles of the caller's see of whole records; None for nothing at all."""
    scope, everywhere = reach(roles, permission)
    if scope is None:
        return None
    if scope is ALL:
        if everywhere or caller.every_branch:
            return []
        here = [one_of(kind.branch, caller.branches), kind.branch.is_(None)]
        here += [kind.sold_by(caller.whose(OWN))] if hasattr(kind, "sold_by") and only_looks(permission) else []
        return [sa.or_(*here)]
    whose = caller.whose(scope)
    theirs = [one_of(column, whose) for column in _owner_columns(kind)]
    theirs += [kind.with_them(whose, permission)] if hasattr(kind, "with_them") else []
    theirs += [kind.near_them(whose, permission)] if one and hasattr(kind, "near_them") else []
    return [sa.or_(sa.false(), *theirs)]


def _parts(kind: type[Any]) -> Mapping[Role, Condition]:
    """The roles that see a part of these records only, and which."""
    found: Mapping[Role, Condition] = kind.parts_seen() if hasattr(kind, "parts_seen") else {}
    return found


def _owner_columns(kind: type[Any]) -> Sequence[Any]:
    """The columns that mean "assigned to"; a record that names none belongs to nobody."""
    return kind.owner_columns() if hasattr(kind, "owner_columns") else ()


def in_scope(record: Aggregate, caller: Caller, permission: May) -> bool:
    """The same for a record at hand (but for ``parts_seen``): is this act one this caller may do to it?"""
    owners = (getattr(record, column.key) for column in _owner_columns(type(record)))
    if caller.reaches(permission, record.branch, owners):
        return True
    scope = caller.scope(permission)
    if scope in (None, ALL) or not hasattr(record, "is_with"):
        return False
    return bool(record.is_with(caller.whose(scope), permission))
