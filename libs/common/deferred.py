"""What an act leaves to write until its end, so that many rows go with few statements: a read model's, above all."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Names = tuple[str, ...]
NONE: Mapping[str, Any] = MappingProxyType({})
#: makes the statement that writes these columns and adds up those; it is made once for the same names
Writing = Callable[[Names, Names], Any]


class Deferred:
    """Statements with all that they are to be run for, in the order in which they were first asked for.

    In place of a statement may stand a table: rows that are put there unless they are there already.
    """

    def __init__(self) -> None:
        self._left: dict[Any, list[Mapping[str, Any]]] = {}
        self._rows: dict[tuple[Writing, tuple[str, ...]], tuple[dict[str, Any], dict[str, int]]] = {}
        self._sets: dict[tuple[str, ...], Sequence[tuple[Any, Mapping[str, Any]]]] = {}

    def __bool__(self) -> bool:
        return bool(self._left or self._rows or self._sets)

    def run(self, statement: Any, given: Mapping[str, Any]) -> None:
        self._left.setdefault(statement, []).append(given)

    def keep(
        self,
        writing: Writing,
        key: tuple[str, ...],
        known: Mapping[str, Any],
        *,
        first: Mapping[str, Any] = NONE,
        more: Mapping[str, int] = NONE,
    ) -> None:
        """Of one row, what was said last counts, of ``first`` what was said first, and what is ``more`` adds up."""
        row, sums = self._rows.setdefault((writing, key), ({}, {}))
        row.update(known)
        for name, value in first.items():
            row.setdefault(name, value)
        for name, count in more.items():
            sums[name] = sums.get(name, 0) + count

    def instead(self, key: tuple[str, ...], steps: Sequence[tuple[Any, Mapping[str, Any]]]) -> None:
        """Of what is written anew as a whole, the last of it: steps such as taking rows away and putting others."""
        self._sets[key] = steps

    def taken(self) -> Iterator[tuple[Any, list[Mapping[str, Any]]]]:
        """All of it, once: a row is in one of the statements only, and rows go in the order of their keys."""
        rows, sets, left = self._rows, self._sets, self._left
        self._rows, self._sets, self._left = {}, {}, {}
        groups: dict[tuple[Writing, Names, Names], list[Mapping[str, Any]]] = {}
        for (writing, _key), (row, sums) in sorted(rows.items(), key=lambda one: one[0][1]):
            groups.setdefault((writing, tuple(sorted(row)), tuple(sorted(sums))), []).append({**row, **sums})
        for (writing, names, added), some in groups.items():
            yield writing(names, added), some
        for _key, steps in sorted(sets.items()):
            for statement, given in steps:
                left.setdefault(statement, []).append(given)
        yield from left.items()
