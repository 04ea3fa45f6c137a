"""A state machine is a table you could show the customer: what may happen in which state, and where it leads."""

import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

from libs.common.errors import IllegalTransition

State = TypeVar("State", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


class Machine(Generic[State, Action]):
    """Read by code, tests and docs/states.md. ``what`` is the record's name in refusals: EstimateState → estimate.

    ``unasked`` is what happens by itself or with another record: there is no door to ask for it at.
    """

    def __init__(
        self,
        initial: State,
        edges: Mapping[tuple[State, Action], State],
        what: str | None = None,
        unasked: Collection[Action] = (),
    ) -> None:
        self.initial = initial
        self.edges: Mapping[tuple[State, Action], State] = MappingProxyType(dict(edges))
        self.unasked = frozenset(unasked)
        self.what = what or _spoken(type(initial).__name__.removesuffix("State"))

    def fire(self, state: State, action: Action) -> State:
        """The state that follows, or a refusal that says what is possible instead."""
        try:
            return self.edges[state, action]
        except KeyError:
            possible = [str(one) for one in self.offered(state)]
            raise IllegalTransition(self.what, str(state), str(action), possible) from None

    def allowed(self, state: State) -> tuple[Action, ...]:
        """The actions open in a state, in the order of the table."""
        return tuple(action for (source, action) in self.edges if source == state)

    def offered(self, state: State) -> tuple[Action, ...]:
        """Those of them that somebody can ask for."""
        return tuple(action for action in self.allowed(state) if action not in self.unasked)

    def terminal(self, state: State) -> bool:
        return not self.allowed(state)

    def mermaid(self) -> str:
        """The same table as a picture; GitHub and most editors draw it."""
        arrows = [f"{source} --> {target}: {action}" for (source, action), target in self.edges.items()]
        reached = dict.fromkeys([self.initial, *self.edges.values()])
        ends = [f"{state} --> [*]" for state in reached if self.terminal(state)]
        return "\n    ".join(["stateDiagram-v2", f"[*] --> {self.initial}", *arrows, *ends]) + "\n"


def _spoken(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
