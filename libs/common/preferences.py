"""What a company, and each of its branches, has set about a service: defaults below, the branch on top."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.errors import Fault, Invalid, Stale
from libs.common.tx import Tx

if TYPE_CHECKING:
    from marshmallow import Schema

COMPANY = ""  #: the row for all branches


@dataclass(frozen=True)
class Preferences:
    """``schema`` checks what may be set; ``defaults`` has every name; ``check`` asks whether it all fits together.

    A group of which one says this or that is one of ``whole``: a level that has any of it has all of it.
    """

    schema: "type[Schema]"
    defaults: Mapping[str, Any]
    check: Callable[[Tx, Mapping[str, Any]], list[Fault]] | None = None
    whole: frozenset[str] = frozenset()

    def read(self, tx: Tx, branch: UUID | None = None) -> dict[str, Any]:
        """What holds for a branch: its own, else the company's, else the default."""
        return dict(tx.known(("preferences", branch), lambda: self.fresh(tx, branch)))

    def fresh(self, tx: Tx, branch: UUID | None) -> dict[str, Any]:
        """The same as of this transaction, which may have changed it itself."""
        own, company = self._rows(tx, branch)
        return self._over(self._over(deepcopy(dict(self.defaults)), company[1]), own[1])

    def version(self, tx: Tx, branch: UUID | None = None) -> int:
        """The version of what this branch (or the company) has set itself; 0 for nothing yet."""
        return self._rows(tx, branch)[0][0]

    def tag(self, tx: Tx, branch: UUID | None = None) -> str:
        """The version of what holds: a branch's is another one, too, once the company has changed its own."""
        (own, _), (company, _) = self._rows(tx, branch)
        return str(own) if branch is None else f"{own}.{company}"

    def write(self, tx: Tx, branch: UUID | None, body: Mapping[str, Any], expected_version: int) -> dict[str, Any]:
        """Sets what differs from what is inherited; what is left out is inherited again.

        Raises Stale, and Invalid for what names something that is not there.
        """
        (version, before), (_, company) = self._rows(tx, branch)
        if version != expected_version:
            raise Stale(f"these settings are at version {version}; read them again and repeat your change")
        inherited = self._over(deepcopy(dict(self.defaults)), company if branch is not None else {})
        own = {
            name: value
            for name, value in body.items()
            if self._over(deepcopy(inherited), {name: value})[name] != inherited[name]
        }
        self._keep(tx, _key(branch), version, own)
        tx.forget_known()
        names = sorted(set(before) | set(own))
        changes = {name: [before.get(name), own.get(name)] for name in names if before.get(name) != own.get(name)}
        tx.session.info["changes"]["Preferences", _key(branch) or "company", tx.origin] = changes
        now = self.fresh(tx, branch)
        if self.check is not None and (faults := self.check(tx, now)):
            raise Invalid("these settings name what is not there", errors=faults)
        return now

    def _over(self, below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
        """The upper level's values where it has any, but for a group that has to be taken whole."""
        for name in self.whole & above.keys():
            below.pop(name, None)
        return _over(below, above)

    def _keep(self, tx: Tx, key: str, version: int, own: dict[str, Any]) -> None:
        table = tx.tables.preferences
        row = {"body": own, "version": version + 1, "updated_at": tx.now, "updated_by": tx.actor}
        if version:
            mine = (table.c.branch == key) & (table.c.version == version)
            done = tx.session.execute(sa.update(table).where(mine).values(**row).returning(table.c.version)).first()
        else:
            insert = tx.insert(table).values(branch=key, **row).on_conflict_do_nothing()
            done = tx.session.execute(insert.returning(table.c.version)).first()
        if done is None:
            raise Stale("someone else changed these settings at the same moment; read them again")

    def _rows(self, tx: Tx, branch: UUID | None) -> tuple[tuple[int, dict[str, Any]], tuple[int, dict[str, Any]]]:
        """(version, body) of the branch, or of the company when there is no branch, and of the company."""
        table, key = tx.tables.preferences, _key(branch)
        rows = tx.execute(sa.select(table).where(table.c.branch.in_({COMPANY, key}))).all()
        found = {row.branch: (int(row.version), dict(row.body)) for row in rows}
        return found.get(key, (0, {})), found.get(COMPANY, (0, {})) if branch is not None else (0, {})


def _over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """The upper level's values where it has any; groups are filled up from below, lists are taken whole."""
    for name, value in above.items():
        inner = below.get(name)
        below[name] = _over(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return below


def _key(branch: UUID | None) -> str:
    return COMPANY if branch is None else str(branch)
