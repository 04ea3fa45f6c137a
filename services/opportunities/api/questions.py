"""Question sets and answers over HTTP."""

from uuid import UUID

from flask import Blueprint

from libs.common import idempotency
from libs.common.errors import PreconditionRequired, Stale
from libs.common.web import Answer, Given, begin, endpoint, if_match, items, reading, visible
from services.opportunities import usecases
from services.opportunities.model import Opportunity, QuestionSet
from services.opportunities.schemas.opportunities import OpportunityOut
from services.opportunities.schemas.questions import AnswersIn, QuestionSetIn, QuestionSetOut, SheetOut
from services.opportunities.usecases import questions, sheets

bp = Blueprint("opportunity_questions", __name__, url_prefix="/api/v1/opportunities")


@bp.get("/question-sets")
@endpoint(may="questions.read", answer=QuestionSetOut, many=True)
def question_sets() -> Answer:
    """Every set as it is asked now."""
    with reading() as tx:
        return items(QuestionSetOut, sheets.newest(tx))


@bp.get("/question-sets/<key>")
@endpoint(may="questions.read", answer=QuestionSetOut)
def question_set(key: str) -> Answer:
    """One set as it is asked now."""
    with reading() as tx:
        found = questions.newest(tx, key)
        return tx.answer(QuestionSetOut(), found, 200, _tag(found))


@bp.put("/question-sets/<key>")
@endpoint(may="questions.edit", body=QuestionSetIn, answer=QuestionSetOut)
def put_question_set(key: str, given: Given) -> Answer:
    """Make a set or, with the ETag of the newest, its next version. The same again needs none and changes nothing."""
    with begin() as tx:
        before = questions.find(tx, key)
        made = questions.put(tx, key, before, **given)
        if before is not None and made is not before:
            _expect(before)
        return tx.answer(QuestionSetOut(), made, 201 if before is None else 200, _tag(made))


@bp.get("/<uuid:opportunity_id>/question-sets")
@endpoint(may="opportunity.read", answer=SheetOut, many=True)
def sheets_of(opportunity_id: UUID) -> Answer:
    """The sets that apply to an opportunity, with its answers and what they come to."""
    with reading() as tx:
        return items(SheetOut, sheets.of(tx, visible(tx, Opportunity, opportunity_id)))


@bp.post("/<uuid:opportunity_id>/answers")
@endpoint(may="opportunity.work", body=AnswersIn, answer=OpportunityOut)
def answer(opportunity_id: UUID, given: Given) -> Answer:
    """Save some or all answers to a set; whether the prospect qualifies is decided anew."""
    with begin() as tx:
        found = visible(tx, Opportunity, opportunity_id)
        return tx.answer(OpportunityOut(), usecases.shown(tx, usecases.answer(tx, found, **given)))


def _tag(found: QuestionSet) -> dict[str, str]:
    return {"ETag": f'"{found.number}"'}


def _expect(before: QuestionSet) -> None:
    seen = if_match()
    if seen is None:
        raise PreconditionRequired("send If-Match with the ETag of the question set as you read it")
    tags = idempotency.tags(seen)
    if tags != ["*"] and f'"{before.number}"' not in tags:
        raise Stale(f"the question set is at version {before.number}; read it again and repeat your change")
