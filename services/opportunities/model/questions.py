"""Question sets: one version each, never changed; and how answers are checked and judged."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.columns import Aggregate
from services.opportunities.model.base import Base

TYPES = ("bool", "single", "multi", "number", "money", "date", "text")
QUALIFICATION, PROFILE = "qualification", "profile"
LONGEST = 10_000

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
_MONEY = re.compile(r"\d{1,11}(\.\d{1,2})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Question = Mapping[str, Any]
Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Judgement:
    """What the answers to one set come to."""

    score: int
    missing: tuple[Question, ...]  #: required and shown, but not answered
    disqualified_by: tuple[Question, ...]
    enough: bool  #: the score reaches the threshold

    @property
    def complete(self) -> bool:
        return not self.missing

    @property
    def passed(self) -> bool:
        return self.complete and not self.disqualified_by and self.enough


class QuestionSet(Aggregate, Base):
    """One version of a set. Editing makes the next one, so that old answers keep the questions they answered."""

    __tablename__ = "question_sets"
    __table_args__ = (sa.UniqueConstraint("key", "number"),)

    key: Mapped[str] = mapped_column(sa.String(80))
    number: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(sa.String(15))
    scope: Mapped[dict[str, Any]]
    threshold: Mapped[int | None]
    questions: Mapped[list[Any]]
    active: Mapped[bool] = mapped_column(default=True)

    def shown(self, answers: Answers) -> list[Question]:
        """The questions that apply, given the answers so far."""
        visible: dict[str, Question] = {}
        for question in self.questions:
            if _applies(question.get("show_if"), visible, answers):
                visible[question["key"]] = question
        return list(visible.values())

    def judge(self, answers: Answers) -> Judgement:
        """A question counts its weight when it is answered and its answer does not disqualify."""
        shown = self.shown(answers)
        answered = [question for question in shown if not is_blank(answers.get(question["id"]))]
        wrong = [question for question in answered if _disqualifies(question, answers[question["id"]])]
        score = sum(question["weight"] for question in answered if question not in wrong)
        missing = [question for question in shown if question["required"] and question not in answered]
        return Judgement(score, tuple(missing), tuple(wrong), score >= (self.threshold or 0))


class AnswerSheet(Base):
    """What was answered to a set on one opportunity, and to which version of it."""

    __tablename__ = "answer_sheets"

    opportunity_id: Mapped[UUID] = mapped_column(sa.ForeignKey("opportunities.id"), primary_key=True)
    set_key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    set_id: Mapped[UUID] = mapped_column(sa.ForeignKey("question_sets.id"))
    answers: Mapped[dict[str, Any]]


def is_blank(value: Any) -> bool:
    """Nothing said: no answer, empty text, an empty choice. False and 0 are answers."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def fault(question: Question, value: Any) -> str | None:
    """What is wrong with an answer, in words; None when it can be kept. None takes an answer back."""
    return None if value is None else next(_faults(question, value), None)


def _faults(question: Question, value: Any) -> Iterator[str]:
    kind, choices = question["type"], question.get("choices") or []
    if kind == "bool" and type(value) is not bool:
        yield "is neither true nor false"
    elif kind == "single" and (not isinstance(value, str) or value not in choices):
        yield f"is none of {', '.join(choices)}"
    elif kind == "multi":
        if not isinstance(value, list) or not all(isinstance(one, str) and one in choices for one in value):
            yield f"is not a list of some of {', '.join(choices)}"
        elif len(set(value)) != len(value):
            yield "names a choice twice"
    elif kind == "number" and not ((type(value) is int and abs(value) < 10**15) or _is(value, _NUMBER)):
        yield 'is not a number such as 10 or "10.5"'
    elif kind == "money" and not _is(value, _MONEY):
        yield 'is not an amount written as text, such as "10000.00"'
    elif kind == "date" and not _is_day(value):
        yield "is not a day such as 2026-03-01"
    elif kind == "text" and not (isinstance(value, str) and len(value) <= LONGEST):
        yield f"is not text of at most {LONGEST} characters"


def _is(value: Any, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _is_day(value: Any) -> bool:
    if not _is(value, _DAY):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _applies(condition: Mapping[str, Any] | None, visible: Mapping[str, Question], answers: Answers) -> bool:
    if condition is None:
        return True
    asked = visible.get(condition["question"])
    if asked is None:
        return False
    value = answers.get(asked["id"])
    wanted = condition["in"] if "in" in condition else [condition.get("equals")]
    return any(_same(asked, one, want) for one in _each(value) for want in wanted)


def _disqualifies(question: Question, value: Any) -> bool:
    return any(_same(question, one, bad) for one in _each(value) for bad in question.get("disqualifying") or [])


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _same(question: Question, value: Any, other: Any) -> bool:
    """Equal as answers: "10.0" is 10, but true is not 1."""
    if value is None or type(value) is bool or type(other) is bool:
        return value is other
    if question["type"] in ("number", "money"):
        return Decimal(str(value)) == Decimal(str(other))
    return bool(value == other)
