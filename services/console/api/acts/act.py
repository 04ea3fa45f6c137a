"""What a person can do, as data: the call behind it, the form before it, the words around it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from libs.common.auth import May

PLACE = re.compile(r"<(\w+)>")  #: of an id in a path
#: kinds of field; see services/console/api/screens/forms.py for what each becomes in a body
KINDS = frozenset(
    (
        "text",
        "area",
        "email",
        "emails",
        "tel",
        "url",
        "whole",
        "number",
        "money",
        "percent",
        "day",
        "moment",
        "time",
        "yes",
        "choice",
        "pick",
        "many",
        "lines",
        "several",
        "file",
        "hours",
        "holidays",
        "pairs",
        "hidden",
        "password",
    )
)


@dataclass(frozen=True)
class Field:
    """One field of a form. ``name`` is the body's, ``address.city`` a part of one.

    ``choices``: (value, label) pairs, or the name of a source in choices.py. ``pick`` shows a few side by side.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    hint: str = ""
    choices: tuple[tuple[str, str], ...] | str = ()
    first: str = ""  #: what stands in it when nothing is known
    folded: bool = False  #: under "more"; seldom needed
    ahead: bool = False  #: of a moment: one that is over is asked about first; the same once more is meant
    emptied: bool = False  #: with nothing in it, it says null, also as a part of something: nobody knows
    accept: str = ""  #: of a file: which ones are offered to be chosen; a phone offers its camera for pictures
    begins: str = ""  #: where in the record its first value stands, for an act that does not edit it

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise TypeError(f"there is no kind of field {self.kind!r}")

    @property
    def parts(self) -> list[str]:
        return self.name.split(".")


@dataclass(frozen=True)
class Act:
    """One thing a person can do. ``call`` is the owner's route as docs/routes.md has it, without /api/v1.

    ``action`` is its name in the record's ``allowed``; without one, ``may`` alone decides whether it is offered.
    ``shown`` is where it is offered: a path like its record's page, for the test that every act has its place.
    """

    key: str
    call: str
    may: May
    label: str
    shown: str
    action: str = ""
    title: str = ""
    about: str = ""
    fields: tuple[Field, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    edits: bool = False  #: If-Match with the record's tag; the form starts from the record
    record: str = ""  #: where the form's first values are read, when not at the call's own path
    icon: str = ""
    look: str = ""  #: go, stop, quiet
    done: str = ""
    then: str = ""  #: where it leads, with {id} and other parts of the answer; else back
    ask_first: bool = False  #: a page of its own even without fields: it cannot be taken back
    otherwise: str = ""  #: the act of the same record to offer when this one is refused
    shows: str = ""  #: the template that shows what was answered, for what is said this once

    @property
    def press(self) -> str:
        """The word on its form's button: who came to edit a record, or a part of one, saves it there."""
        return "Save" if self.edits else self.label

    @property
    def makes(self) -> bool:
        """Whether it leads on to a record that it makes."""
        return "{id}" in self.then

    @property
    def method(self) -> str:
        return self.call.split()[0]

    @property
    def path(self) -> str:
        return self.call.split()[1]

    @property
    def placeholders(self) -> int:
        return self.path.count("<")

    @property
    def has_page(self) -> bool:
        return any(one.kind != "hidden" for one in self.fields) or self.ask_first

    def at(self, idents: tuple[str, ...]) -> str:
        """The path with its ids filled in. Raises ValueError when there are too few or too many."""
        return filled(self.path, idents)

    def page_of(self, idents: tuple[str, ...], record: Mapping[str, Any]) -> str:
        """The page that offers it: its ids are the path's or, where it is shown with another record, in this one."""
        known = {**record, **dict(zip(PLACE.findall(self.path), idents, strict=False))}
        return PLACE.sub(lambda named: str(known.get(named[1]) or ""), self.shown).rstrip("/")

    def record_at(self, idents: tuple[str, ...]) -> str:
        return filled(self.record or self.path, idents, loose=True)


def filled(path: str, idents: tuple[str, ...], *, loose: bool = False) -> str:
    """``/leads/<lead_id>`` with each <…> replaced, in order, as an address writes it."""
    parts, left = [], list(idents)
    for part in path.split("/"):
        if part.startswith("<"):
            if not left:
                raise ValueError(f"{path} needs another id")
            parts.append(quote(left.pop(0), safe=""))
        else:
            parts.append(part)
    if left and not loose:
        raise ValueError(f"{path} takes fewer ids")
    return "/".join(parts)
