"""What a service is made of: one frozen SPEC a service, read by the api, the worker and the embedded mode."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlalchemy import MetaData, Table

from libs.common.contracts.base import Event
from libs.common.orm import Tables
from libs.common.store import Store
from libs.common.tx import Tx

if TYPE_CHECKING:
    from flask import Blueprint

    from libs.common.contracts.commands import Command
    from libs.common.preferences import Preferences

Fact = TypeVar("Fact", bound=Event)
Handler = Callable[[Tx, Any], None]
CommandHandler = Callable[[Tx, "Command"], None]
TimerHandler = Callable[[Tx, UUID, dict[str, Any]], None]


#: how long a fact may wait for others to be applied with, in seconds: one that nobody here reacts to, any other one
IDLE_S, COMPANY_S = 0.5, 0.1


class Subscriptions:
    """Which facts of other services mean something here, and what."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._awaited: set[str] = set()

    def on(
        self, kind: type[Fact], *, awaited: bool = False
    ) -> Callable[[Callable[[Tx, Fact], None]], Callable[[Tx, Fact], None]]:
        """Registers the one handler of a fact. Raises TypeError for a second one.

        ``awaited``: somebody looks at a screen until its effect is there, so it waits for no company.
        """

        def register(handler: Callable[[Tx, Fact], None]) -> Callable[[Tx, Fact], None]:
            if kind.name in self._handlers:
                raise TypeError(f"{kind.name} has a handler already: {self._handlers[kind.name].__name__}")
            self._handlers[kind.name] = handler
            if awaited:
                self._awaited.add(kind.name)
            return handler

        return register

    def handler(self, name: str) -> Handler | None:
        return self._handlers.get(name)

    def patience(self, name: str) -> float:
        """How long a fact may wait here for company: a batch costs little more than a fact."""
        if name in self._awaited:
            return 0.0
        return COMPANY_S if name in self._handlers else IDLE_S

    @property
    def facts(self) -> list[str]:
        return sorted(self._handlers)

    @property
    def streams(self) -> list[str]:
        """The aggregates whose whole streams are bound, so that their sequences have no gaps here."""
        return sorted({name.split(".")[1] for name in self._handlers})


@dataclass(frozen=True)
class ReadModel:
    """Tables that hold nothing but what some publishers' facts said, and that no foreign key leads to.

    Whatever is written to them, these handlers write; and nothing else in the service reacts to what these publishers
    say, for the positions in all their streams go with the model.
    """

    producers: tuple[str, ...]
    tables: tuple[Table, ...]
    subscriptions: Subscriptions


@dataclass(frozen=True)
class Job:
    """Work that is looked for every so often, outside any act: outgoing mail, the audit chain."""

    name: str
    run: Callable[[Store], int]  #: does one batch and returns how much it found
    every_s: float = 1.0
    many: int = 1  #: having found so much, it is run again at once
    apart: bool = False  #: it waits for somebody outside, who may be silent: in a thread of its own it holds up nobody


@dataclass(frozen=True)
class Service:
    """One independent service. ``prefixes`` are the paths it answers besides ``/api/v1/<name>/``."""

    name: str
    title: str
    metadata: MetaData
    tables: Tables
    migrations: Path
    blueprints: "Callable[[], tuple[Blueprint, ...]]" = tuple  #: called where HTTP is answered: the worker knows none
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    timers: Mapping[str, TimerHandler] = field(default_factory=dict)
    jobs: tuple[Job, ...] = ()
    preferences: "Preferences | None" = None
    prefixes: tuple[str, ...] = ()
    read_models: tuple[ReadModel, ...] = ()  #: what can be built anew; none named: the copy of people
    commands: Mapping[str, "CommandHandler"] = field(default_factory=dict)  #: what other systems may ask, by wire name
