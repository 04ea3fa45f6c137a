"""What comes in about question sets and answers, and what goes out."""

from libs.common.web import Schema, fields
from services.opportunities.model.questions import PROFILE, QUALIFICATION, TYPES
from services.opportunities.schemas.carried import Answer, Question, Scope


class ScopeIn(Schema):
    """Of one trade or product, or from a stage on; without any it is asked of everybody."""

    trade = fields.Name(max_length=40)
    product = fields.Name()
    stage = fields.Name(max_length=40)


class ConditionIn(Schema):
    """Shown only when an earlier question was answered like this."""

    question = fields.Name(required=True, max_length=80)
    equals = fields.Raw(like=Answer)
    in_ = fields.List(fields.Raw(like=Answer), least=1, most=50, data_key="in", attribute="in")


class QuestionIn(Schema):
    key = fields.Name(required=True, max_length=80)
    text = fields.Name(required=True, max_length=500)
    type = fields.Code(TYPES, required=True)
    choices = fields.List(fields.Name(), most=50)
    required = fields.Flag(load_default=False)
    weight = fields.Whole(least=-1000, most=1000, load_default=0)
    disqualifying = fields.List(fields.Raw(like=Answer), most=50)
    show_if = fields.Nested(ConditionIn)


class QuestionSetIn(Schema):
    name = fields.Name(required=True)
    kind = fields.Code((QUALIFICATION, PROFILE), required=True)
    scope = fields.Nested(ScopeIn, load_default=dict)
    threshold = fields.Whole(least=-100_000, most=100_000, allow_none=True, load_default=None)
    questions = fields.List(fields.Nested(QuestionIn), required=True, least=1, most=100)
    active = fields.Flag(load_default=True)


class QuestionSetOut(Schema):
    """One version of a set. Each edit makes the next one, with an id of its own; a question keeps its id."""

    id = fields.Uuid()
    key = fields.Text()
    version = fields.Whole(attribute="number")
    name = fields.Text()
    kind = fields.Text()
    scope = fields.Raw(like=Scope)
    threshold = fields.Whole()
    active = fields.Flag()
    questions = fields.Raw(like=list[Question])
    created_at = fields.Instant()
    created_by = fields.Text()


class JudgementOut(Schema):
    score = fields.Whole()
    complete = fields.Flag()
    passed = fields.Flag()


class SheetOut(Schema):
    """A set as it applies to one opportunity, with its answers by question id and what they come to."""

    id = fields.Uuid(attribute="questions.id")
    key = fields.Text(attribute="questions.key")
    version = fields.Whole(attribute="questions.number")
    newest_id = fields.Uuid(attribute="newest.id")
    name = fields.Text(attribute="questions.name")
    kind = fields.Text(attribute="questions.kind")
    threshold = fields.Whole(attribute="questions.threshold")
    questions = fields.Raw(like=list[Question], attribute="questions.questions")
    shown = fields.List(fields.Text())
    answers = fields.Raw(like=dict[str, Answer])
    judgement = fields.Nested(JudgementOut)


class AnswersIn(Schema):
    """Some or all answers to a set by question id; null takes one back."""

    question_set_id = fields.Uuid(required=True)
    answers = fields.Dict(
        keys=fields.Text(max_length=40, blank=False),
        values=fields.Raw(like=Answer | None, allow_none=True),
        required=True,
    )


class OverrideIn(Schema):
    """A person's word against the answers'; null takes it back."""

    qualified = fields.Flag(required=True, allow_none=True)
    reason = fields.Name(required=True, max_length=500)
