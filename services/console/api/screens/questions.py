"""Question sets as forms: each question by its type, answered some now and some later."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from services.console.adapters.words import Place, said
from services.console.api.screens.forms import amount

WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)
YES_NO = (("true", said("Yes")), ("false", said("No")))


@dataclass(frozen=True)
class Question:
    """A question with what was answered; ``error`` is the owner's word on what was typed now."""

    ident: str
    text: str
    type: str
    choices: tuple[tuple[str, str], ...]
    required: bool
    shown: bool
    value: Any
    error: str

    @property
    def answered(self) -> bool:
        return self.value not in (None, "", [])


@dataclass(frozen=True)
class Sheet:
    """One set as it applies to an opportunity."""

    ident: str
    name: str
    kind: str
    questions: tuple[Question, ...]
    judgement: Mapping[str, Any]

    @classmethod
    def of(cls, sheet: Mapping[str, Any], typed: MultiDict[str, str] | None, faults: Mapping[str, str]) -> "Sheet":
        mine = typed if typed is not None and typed.get("question_set_id") == sheet["id"] else None
        visible = set(sheet["shown"])
        questions = tuple(_question(one, sheet, mine, faults, visible) for one in sheet["questions"])
        return cls(sheet["id"], sheet["name"], sheet["kind"], questions, sheet["judgement"] or {})

    @property
    def open(self) -> int:
        """How many required ones wait for an answer."""
        return sum(one.required and one.shown and not one.answered for one in self.questions)


def _question(
    one: Mapping[str, Any],
    sheet: Mapping[str, Any],
    typed: MultiDict[str, str] | None,
    faults: Mapping[str, str],
    visible: set[str],
) -> Question:
    ident = str(one["id"])
    value = sheet["answers"].get(ident)
    if typed is not None:
        value = typed.getlist(ident) if one["type"] == "multi" else typed.get(ident, "")
    if isinstance(value, bool):
        value = "true" if value else "false"
    choices = YES_NO if one["type"] == "bool" else tuple((text, text) for text in one.get("choices") or ())
    return Question(
        ident,
        one["text"],
        one["type"],
        choices,
        bool(one.get("required")),
        not visible or ident in visible,
        value,
        faults.get(ident, ""),
    )


def answered(sheet: Mapping[str, Any], form: MultiDict[str, str], place: Place) -> dict[str, Any]:
    """The answers that the form holds; one that was emptied is taken back."""
    found: dict[str, Any] = {}
    for one in sheet["questions"]:
        ident = str(one["id"])
        if ident not in form and f"{ident}.asked" not in form:
            continue
        if one["type"] == "multi":
            value: Any = form.getlist(ident) or None
        else:
            text = form.get(ident, "").strip()
            value = _value(one["type"], text, place) if text else None
        if value is not None or sheet["answers"].get(ident) is not None:
            found[ident] = value
    return found


def _value(kind: str, text: str, place: Place) -> Any:
    if kind == "bool":
        return text == "true"
    if kind not in ("number", "money"):
        return text
    plain = amount(text, place)  # its owner says what is wrong with it
    return int(plain) if kind == "number" and WHOLE.fullmatch(plain) else plain
