"""What the reader may do with a record now: what works, and what does not yet, with everything in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import request

from services.console.api.acts import EVERY, Act
from services.console.api.screens import choices, forms
from services.console.api.screens.frame import allowed, place


@dataclass(frozen=True)
class Missing:
    """One thing in the way, and where it is put right; ``label`` is what the field is called that it is about."""

    text: str
    link: str = ""
    label: str = ""


@dataclass(frozen=True)
class Offer:
    """An act on one record, as a page draws it."""

    act: Act
    idents: tuple[str, ...]
    ok: bool = True
    missing: tuple[Missing, ...] = ()
    record: Mapping[str, Any] | None = None
    given: Mapping[str, str] = field(default_factory=dict)  #: what the page already knows of its fields

    @property
    def address(self) -> str:
        return "/".join(("/do", self.act.key, *self.idents))

    @property
    def page(self) -> str:
        """Its form as a page of its own, which leads back here."""
        return f"{self.address}?{urlencode({**self.given, 'back': request.full_path.rstrip('?')})}"

    @property
    def handle(self) -> str:
        """An id for the page, to point at."""
        return "-".join((self.act.key.replace(".", "-"), *(one[-6:] for one in self.idents)))

    @property
    def tag(self) -> str:
        return f'"{self.record["version"]}"' if self.act.edits and self.record and "version" in self.record else ""

    def fields(self) -> list[forms.Shown]:
        """Its fields as they begin, for a form within a page."""
        return drawn(
            self.act, forms.begun(self.act.fields, self.record if self.act.edits else {}, place()), self.record or {}
        )


def drawn(
    act: Act,
    values: Mapping[str, Any],
    record: Mapping[str, Any],
    errors: Mapping[str, str] | None = None,
    now: Mapping[str, str] | None = None,
) -> list[forms.Shown]:
    """Fields with their values, choices, errors and what somebody else has made of them."""
    return [
        forms.Shown(
            one,
            values.get(one.name, ""),
            choices.of(one.choices, dict(record)),
            (errors or {}).get(one.name, ""),
            (now or {}).get(one.name, ""),
        )
        for one in act.fields
    ]


class Offers:
    """The acts of one record, by key. One that is not open in its state, or not the reader's, is None."""

    def __init__(
        self, record: Mapping[str, Any], idents: Sequence[str], where: Mapping[str, str] | None = None
    ) -> None:
        """``where`` says, by the field that is missing, the address at which it is put right."""
        self.record, self.idents = record, tuple(idents)
        self.where = where or {}
        self.allowed = {one["action"]: one for one in record.get("allowed") or ()}

    def __getitem__(self, key: str) -> Offer | None:
        return self.get(key)

    def get(self, key: str, *more: str, **given: str) -> Offer | None:
        """An act of the record, or of a part of it by its id; ``given`` fills fields in."""
        act = EVERY[key]
        idents = (*self.idents, *more)[: act.placeholders]
        if not act.action:
            return Offer(act, idents, record=self.record, given=given) if allowed(act.may) else None
        said = self.allowed.get(act.action)
        if said is None:
            return None
        missing = tuple(self._missing(key.partition(".")[0], one["field"], one["text"]) for one in said["missing"])
        return Offer(act, idents, said["ok"], missing, self.record, given)

    def several(self, *keys: str) -> list[Offer]:
        """Those of these that are there."""
        return [one for one in (self.get(key) for key in keys) if one is not None]

    def _missing(self, kind: str, field: str, text: str) -> Missing:
        """With the way to the form that edits such a record, where that has the field."""
        label, form, at = forms.named(kind, field)
        able = form.startswith(f"{kind}.") and EVERY[form].action in self.allowed
        there = f"{Offer(EVERY[form], self.idents).address}#{at.replace('.', '-')}" if able else ""
        known = (address for one, address in self.where.items() if field == one or field.startswith(one + "/"))
        return Missing(text, next(known, there), label)
