"""The role table applied to records: what of them somebody sees, and whether an act on one is theirs to do."""

from collections.abc import Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from libs.common.auth import ALL, Caller, May, reach
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
        whose = caller.whose(scope)
        theirs = [column.in_(whose) for column in _owner_columns(kind)]
        theirs += [kind.with_them(whose)] if hasattr(kind, "with_them") else []
        theirs += [kind.near_them(whose, permission)] if one and hasattr(kind, "near_them") else []
        conditions.append(sa.or_(sa.false(), *theirs))
    extra = kind.extra_scope(caller) if hasattr(kind, "extra_scope") else None
    if extra is not None:
        conditions.append(extra)
    return conditions


def _owner_columns(kind: type[Any]) -> Sequence[Any]:
    """The columns that mean "assigned to"; a record that names none belongs to nobody."""
    return kind.owner_columns() if hasattr(kind, "owner_columns") else ()


def in_scope(record: Aggregate, caller: Caller, permission: May) -> bool:
    """The same for a record at hand (but for ``extra_scope``): is this act one this caller may do to it?"""
    owners = (getattr(record, column.key) for column in _owner_columns(type(record)))
    if caller.reaches(permission, record.branch, owners):
        return True
    scope = caller.scope(permission)
    return scope not in (None, ALL) and hasattr(record, "is_with") and bool(record.is_with(caller.whose(scope)))
