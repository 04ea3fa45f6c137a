"""Which question sets apply to an opportunity, what was answered, and what the answers come to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.contracts.parts import Answered
from libs.common.errors import Missing
from libs.common.parties import folded
from libs.common.tx import Tx
from services.opportunities.model import AnswerSheet, Opportunity, QuestionSet
from services.opportunities.model.questions import QUALIFICATION, Judgement, is_blank
from services.opportunities.states import Flow
from services.opportunities.usecases import flows

SHEETS: Any = AnswerSheet.__table__
ANSWERED = sa.select(SHEETS).where(SHEETS.c.opportunity_id == sa.bindparam("opportunity"))


@dataclass(frozen=True)
class Sheet:
    """A set as it applies to one opportunity: in the version that was answered, else the newest."""

    questions: QuestionSet
    newest: QuestionSet
    answers: dict[str, Any]

    @property
    def judgement(self) -> Judgement:
        return self.questions.judge(self.answers)

    @property
    def shown(self) -> list[str]:
        """The ids of the questions to ask, given the answers so far."""
        return [question["id"] for question in self.questions.shown(self.answers)]


def newest(tx: Tx) -> Sequence[QuestionSet]:
    """Every set in its newest version, by key; to be read only, as others read the same ones."""
    return tx.known("question sets", lambda: _newest(tx))


def _newest(tx: Tx) -> Sequence[QuestionSet]:
    other = sa.orm.aliased(QuestionSet)
    last = sa.select(sa.func.max(other.number)).where(other.key == QuestionSet.key).scalar_subquery()
    found = tx.all(sa.select(QuestionSet).where(QuestionSet.number == last).order_by(QuestionSet.key))
    for one in found:
        tx.session.expunge(one)  # they outlive this act
    return found


def of(tx: Tx, opportunity: Opportunity) -> list[Sheet]:
    """The sets that apply, qualification first."""
    stages = flows.of(tx, opportunity.branch)
    sets = [one for one in newest(tx) if one.active and _applies(one.scope, opportunity, stages)]
    mine = {row.set_key: row for row in tx.execute(ANSWERED, {"opportunity": opportunity.id})}
    old = {row.set_id for row in mine.values()} - {one.id for one in sets}
    versions = {one.id: one for one in sets}
    if old:
        versions |= {one.id: one for one in tx.all(sa.select(QuestionSet).where(QuestionSet.id.in_(old)))}
    sheets = [
        Sheet(versions[mine[one.key].set_id], one, mine[one.key].answers) if one.key in mine else Sheet(one, one, {})
        for one in sets
    ]
    return sorted(sheets, key=lambda sheet: (sheet.questions.kind != QUALIFICATION, sheet.questions.key))


def answered(tx: Tx, opportunity: Opportunity, kinds: Collection[str]) -> tuple[Answered, ...]:
    """What was answered of the sets of these kinds, in their order, for whoever has no questions at hand."""
    return tuple(
        Answered(
            question_set=sheet.questions.name,
            question=question["text"],
            answer=_plain(sheet.answers[question["id"]]),
            type=question["type"],
        )
        for sheet in of(tx, opportunity)
        if sheet.questions.kind in kinds
        for question in sheet.questions.shown(sheet.answers)
        if not is_blank(sheet.answers.get(question["id"]))
    )


def missing(tx: Tx, opportunity: Opportunity, keys: Collection[str]) -> list[Missing]:
    """What these sets, where they apply, still ask for; a person's word goes before the answers."""
    found, by_hand = [], opportunity.override
    asked = [sheet for sheet in of(tx, opportunity) if sheet.questions.key in keys]
    if by_hand and not by_hand["qualified"] and any(one.questions.kind == QUALIFICATION for one in asked):
        found.append(Missing("qualified", f"does not qualify, whatever the answers say: {by_hand['reason']}"))
    for sheet in asked:
        questions, judgement = sheet.questions, sheet.judgement
        if questions.kind == QUALIFICATION and by_hand and by_hand["qualified"]:
            continue
        found += [Missing(f"answers/{one['id']}", f"not answered: {one['text']}") for one in judgement.missing]
        if questions.kind == QUALIFICATION:
            disqualifying = judgement.disqualified_by
            found += [Missing(f"answers/{one['id']}", f"disqualifies: {one['text']}") for one in disqualifying]
            if not judgement.enough:
                short = f"{questions.name}: the score of {judgement.score} is under {questions.threshold}"
                found.append(Missing(f"question_sets/{questions.key}", short))
    return found


def keep(tx: Tx, opportunity: Opportunity, questions: QuestionSet, answers: dict[str, Any]) -> None:
    """The answers to a set, whole, and the version that they answer."""
    of = {"opportunity_id": opportunity.id, "set_key": questions.key}
    tx.keep(SHEETS, {**of, "set_id": questions.id, "answers": answers}, *of)


def version(tx: Tx, ident: UUID) -> QuestionSet | None:
    asked_now = next((one for one in newest(tx) if one.id == ident), None)
    return asked_now or tx.session.get(QuestionSet, ident)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _applies(scope: dict[str, Any], opportunity: Opportunity, stages: Flow) -> bool:
    """Of a trade or product, or from a stage on; a scope that names nothing is everybody's."""
    trade, product, stage = scope.get("trade"), scope.get("product"), scope.get("stage")
    return (
        (not trade or folded(trade) == folded(opportunity.trade or ""))
        and (not product or folded(product) == folded(opportunity.product_interest))
        and (not stage or not stages.behind(opportunity.stage, stage))
    )
