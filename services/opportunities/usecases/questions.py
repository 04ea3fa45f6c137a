"""Question sets are edited, answers saved bit by bit, and each save decides anew whether the prospect qualifies."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from libs.common.contracts.opportunities import OpportunityQualified
from libs.common.errors import Conflict, Fault, Invalid, NotFound
from libs.common.strict_json import escape
from libs.common.tx import Tx
from services.opportunities.model import Opportunity, QuestionSet
from services.opportunities.model.questions import QUALIFICATION, Question, fault
from services.opportunities.settings import QUALIFIED
from services.opportunities.states import OpportunityAction
from services.opportunities.usecases import facts, sheets, stages

KEY = re.compile(r"[a-z0-9_-]{1,80}", re.ASCII)
SPACE = UUID("6f1f4a34-6a0e-5c1e-9d57-3d0c5f0f7a11")  #: a question keeps its id in every version of its set


def newest(tx: Tx, key: str) -> QuestionSet:
    """The set as it is asked now. Raises NotFound."""
    found = find(tx, key)
    if found is None:
        raise NotFound(f"there is no question set {key}")
    return found


def find(tx: Tx, key: str) -> QuestionSet | None:
    if not KEY.fullmatch(key):
        return None
    versions = sa.select(QuestionSet).where(QuestionSet.key == key).order_by(QuestionSet.number.desc()).limit(1)
    return tx.find(versions)


def put(tx: Tx, key: str, before: QuestionSet | None, *, questions: list[dict[str, Any]], **given: Any) -> QuestionSet:
    """A set, or its next version; saying the same again changes nothing. Raises Invalid naming every fault."""
    if not KEY.fullmatch(key):
        fault = Fault("/key", "is 1 to 80 small letters, digits, - and _")
        raise Invalid(f"{key[:80]!a} is no key: small letters, digits, - and _, at most 80", errors=[fault])
    faults = list(_faults(questions))
    if faults:
        raise Invalid("these questions cannot be asked like this", errors=faults)
    asked = [{"id": str(uuid5(SPACE, f"{key}/{one['key']}")), **one} for one in questions]
    wanted = {"questions": asked, **given}
    if before is not None and all(getattr(before, name) == value for name, value in wanted.items()):
        return before
    number = tx.count(f"question_set:{key}")  # two who edit the same set take turns
    if number != (before.number if before else 0) + 1:
        raise Conflict(f"someone else changed the question set {key} at the same moment; read it again")
    made = tx.new(QuestionSet, key=key, number=number, **wanted)
    tx.session.flush()
    tx.forget_known()
    return made


def answer(tx: Tx, opportunity: Opportunity, *, question_set_id: UUID, answers: dict[str, Any]) -> Opportunity:
    """Saves some or all answers to a set; null takes one back. Raises Invalid naming every answer that is none."""
    opportunity.demand(OpportunityAction.ANSWER)
    given = sheets.version(tx, question_set_id)
    every = sheets.of(tx, opportunity)
    mine = {sheet.questions.key: sheet for sheet in every}
    if given is None or given.key not in mine:
        raise Invalid(
            "these questions are not asked here",
            errors=[Fault("/question_set_id", "is none of this opportunity's question sets")],
        )
    sheet = mine[given.key]
    answered = bool(sheet.answers)
    questions = given if not answered or given.number > sheet.questions.number else sheet.questions
    known = {question["id"]: question for question in questions.questions}
    faults = [
        Fault(f"/answers/{escape(ident)}", text)
        for ident, value in answers.items()
        if (text := "is no question of this set" if ident not in known else fault(known[ident], value))
    ]
    if faults:
        raise Invalid("some answers cannot be kept", errors=faults)
    kept = {ident: value for ident, value in sheet.answers.items() if ident in known and not fault(known[ident], value)}
    whole = {ident: value for ident, value in {**kept, **answers}.items() if value is not None}
    sheets.keep(tx, opportunity, questions, whole)
    now = [replace(one, questions=questions, answers=whole) if one is sheet else one for one in every]
    if not _judge(tx, opportunity, now):
        facts.tell_change(tx, opportunity, "answers")
    return opportunity


def override(tx: Tx, opportunity: Opportunity, *, qualified: bool | None, reason: str) -> Opportunity:
    """A person's word against the answers', until it is taken back with null."""
    opportunity.demand(OpportunityAction.OVERRIDE)
    said: dict[str, Any] = {"qualified": qualified, "reason": reason, "by": tx.actor, "at": tx.now.isoformat()}
    opportunity.override = None if qualified is None else said
    _judge(tx, opportunity, sheets.of(tx, opportunity), reason=reason, always=True)
    return opportunity


def _judge(
    tx: Tx, opportunity: Opportunity, answered: Sequence[sheets.Sheet], *, reason: str = "", always: bool = False
) -> bool:
    """Whether the prospect qualifies, by the answers to every set that applies. True when that was told."""
    judged = [one.judgement for one in answered if one.questions.kind == QUALIFICATION]
    before = (opportunity.qualified, opportunity.score, opportunity.disqualified_by)
    opportunity.score = sum(one.score for one in judged)
    opportunity.disqualified_by = [question["text"] for one in judged for question in one.disqualified_by]
    by_hand = opportunity.override
    opportunity.qualified = by_hand["qualified"] if by_hand else all(one.passed for one in judged) if judged else None
    if not always and before == (opportunity.qualified, opportunity.score, opportunity.disqualified_by):
        return False
    if opportunity.qualified is not None:
        told: dict[str, Any] = {"qualified": opportunity.qualified, "score": opportunity.score, "reason": reason}
        why: dict[str, Any] = {"disqualified_by": tuple(opportunity.disqualified_by), "overridden": by_hand is not None}
        tx.publish(OpportunityQualified(**facts.head(opportunity), **told, **why), of=opportunity)
    else:
        facts.tell_change(tx, opportunity, "qualified")
    if opportunity.qualified:
        stages.advance(tx, opportunity, QUALIFIED)
    return True


def _faults(questions: list[dict[str, Any]]) -> Iterator[Fault]:
    """Keys are distinct, choices are there where they are needed, and conditions look back."""
    before: dict[str, Question] = {}
    for place, question in enumerate(questions):
        at, kind, choices = f"/questions/{place}", question["type"], question.get("choices")
        if question["key"] in before:
            yield Fault(f"{at}/key", "is the key of an earlier question")
        if kind in ("single", "multi") and not choices:
            yield Fault(f"{at}/choices", "are needed for this type")
        if kind not in ("single", "multi") and choices:
            yield Fault(f"{at}/choices", f"are none of a {kind} question's")
        if choices and len(set(choices)) != len(choices):
            yield Fault(f"{at}/choices", "name one twice")
        for index, value in enumerate(question.get("disqualifying") or []):
            if value is None or fault(question, [value] if kind == "multi" else value):
                yield Fault(f"{at}/disqualifying/{index}", "is no answer to this question")
        yield from _condition_faults(question.get("show_if"), before, at)
        before[question["key"]] = question


def _condition_faults(condition: dict[str, Any] | None, before: dict[str, Question], at: str) -> Iterator[Fault]:
    if condition is None:
        return
    asked = before.get(condition["question"])
    if asked is None:
        yield Fault(f"{at}/show_if/question", "is no earlier question of this set")
        return
    if ("in" in condition) == ("equals" in condition):
        yield Fault(f"{at}/show_if", "needs either equals or in")
    for value in [*condition.get("in", []), *([condition["equals"]] if "equals" in condition else [])]:
        if value is None or fault(asked, [value] if asked["type"] == "multi" else value):
            yield Fault(f"{at}/show_if", f"{value!r} is no answer to {asked['key']}")
