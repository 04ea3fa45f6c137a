"""The role table applied to records: what of them somebody sees, and whether an act on one is theirs to do."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from libs.common.auth import ALL, TEAM, Caller, May, Scope, reach
from libs.common.columns import Aggregate

Chosen = TypeVar("Chosen")


def scoped(
    statement: sa.Select[Chosen], kind: type[Any], caller: Caller, permission: May, *, one: bool = False
) -> sa.Select[Chosen]:
    """The statement, narrowed to what this caller may see. ``kind`` may say ``owner_columns`` and ``extra_scope``.

    ``with_them`` is what else makes a record theirs (``is_with`` says so of one at hand), ``near_them`` what lets them
    see ``one`` that is not.
    """
    return statement.where(*_conditions(kind, caller, permission, one))


def _conditions(kind: type[Any], caller: Caller, permission: May, one: bool) -> Sequence[sa.ColumnElement[bool]]:
    scope, everywhere = reach(caller.roles, permission)
    conditions: list[sa.ColumnElement[bool]] = []
    if scope is None:
        return [sa.false()]
    if scope is ALL:
        if not everywhere and not caller.every_branch:
            conditions.append(sa.or_(kind.branch.in_(caller.branches), kind.branch.is_(None)))
    else:
        whose = _whose(scope, caller)
        theirs = [column.in_(whose) for column in _owner_columns(kind)]
        theirs += [kind.with_them(whose)] if hasattr(kind, "with_them") else []
        theirs += [kind.near_them(whose, permission)] if one and hasattr(kind, "near_them") else []
        conditions.append(sa.or_(sa.false(), *theirs))
    extra = kind.extra_scope(caller) if hasattr(kind, "extra_scope") else None
    if extra is not None:
        conditions.append(extra)
    return conditions


def _whose(scope: Scope, caller: Caller) -> frozenset[UUID]:
    """Those whose records count as theirs: their own, and their team's where the role reaches so far."""
    mine = frozenset({caller.person_id})
    return caller.colleagues | mine if scope is TEAM else mine


def _owner_columns(kind: type[Any]) -> Sequence[Any]:
    """The columns that mean "assigned to"; a record that names none belongs to nobody."""
    return kind.owner_columns() if hasattr(kind, "owner_columns") else ()


def in_scope(record: Aggregate, caller: Caller, permission: May) -> bool:
    """The same for a record at hand (but for ``extra_scope``): is this act one this caller may do to it?"""
    scope, everywhere = reach(caller.roles, permission)
    if scope is None:
        return False
    if scope is ALL:
        return everywhere or caller.every_branch or record.branch is None or record.branch in caller.branches
    whose = _whose(scope, caller)
    if any(getattr(record, column.key) in whose for column in _owner_columns(type(record))):
        return True
    return hasattr(record, "is_with") and bool(record.is_with(whose))
