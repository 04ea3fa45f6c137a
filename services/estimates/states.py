"""The state machine of an estimate's version, as you could show it to a salesperson."""

from enum import StrEnum
from typing import Final

from libs.common.states import Machine


class EstimateState(StrEnum):
    DRAFT = "draft"
    PENDING_APPROVAL = "pending_approval"
    APPROVED = "approved"
    SENT = "sent"
    VIEWED = "viewed"
    CHANGES_REQUESTED = "changes_requested"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class EstimateAction(StrEnum):
    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE = "approve"
    REFUSE = "refuse"
    SEND = "send"
    VIEW = "view"
    REQUEST_CHANGES = "request_changes"
    ACCEPT = "accept"
    DECLINE = "decline"
    EXTEND = "extend"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    REVISE = "revise"


S, A = EstimateState, EstimateAction

LIVE: Final = (S.SENT, S.VIEWED, S.CHANGES_REQUESTED)  #: with the customer, and still to be decided

VERSION = Machine(
    initial=S.DRAFT,
    what="estimate",
    edges={
        (S.DRAFT, A.EDIT): S.DRAFT,
        (S.DRAFT, A.SUBMIT): S.PENDING_APPROVAL,
        (S.DRAFT, A.SEND): S.SENT,
        (S.PENDING_APPROVAL, A.EDIT): S.DRAFT,
        (S.PENDING_APPROVAL, A.APPROVE): S.APPROVED,
        (S.PENDING_APPROVAL, A.REFUSE): S.DRAFT,
        (S.APPROVED, A.EDIT): S.DRAFT,
        (S.APPROVED, A.SEND): S.SENT,
        (S.SENT, A.VIEW): S.VIEWED,
        (S.VIEWED, A.VIEW): S.VIEWED,
        (S.CHANGES_REQUESTED, A.VIEW): S.CHANGES_REQUESTED,
        (S.SENT, A.REQUEST_CHANGES): S.CHANGES_REQUESTED,
        (S.VIEWED, A.REQUEST_CHANGES): S.CHANGES_REQUESTED,
        (S.CHANGES_REQUESTED, A.REQUEST_CHANGES): S.CHANGES_REQUESTED,
        (S.SENT, A.ACCEPT): S.ACCEPTED,
        (S.VIEWED, A.ACCEPT): S.ACCEPTED,
        (S.CHANGES_REQUESTED, A.ACCEPT): S.ACCEPTED,
        (S.SENT, A.DECLINE): S.DECLINED,
        (S.VIEWED, A.DECLINE): S.DECLINED,
        (S.CHANGES_REQUESTED, A.DECLINE): S.DECLINED,
        (S.SENT, A.EXTEND): S.SENT,
        (S.VIEWED, A.EXTEND): S.VIEWED,
        (S.CHANGES_REQUESTED, A.EXTEND): S.CHANGES_REQUESTED,
        (S.SENT, A.WITHDRAW): S.WITHDRAWN,
        (S.VIEWED, A.WITHDRAW): S.WITHDRAWN,
        (S.CHANGES_REQUESTED, A.WITHDRAW): S.WITHDRAWN,
        (S.SENT, A.EXPIRE): S.EXPIRED,
        (S.VIEWED, A.EXPIRE): S.EXPIRED,
        (S.CHANGES_REQUESTED, A.EXPIRE): S.EXPIRED,
        (S.SENT, A.REVISE): S.SUPERSEDED,
        (S.VIEWED, A.REVISE): S.SUPERSEDED,
        (S.CHANGES_REQUESTED, A.REVISE): S.SUPERSEDED,
        (S.DECLINED, A.REVISE): S.DECLINED,  # what was decided stays so; the next version is begun beside it
        (S.EXPIRED, A.REVISE): S.EXPIRED,
        (S.WITHDRAWN, A.REVISE): S.WITHDRAWN,
    },
    unasked=(A.EXPIRE,),  # time does
)


class Side(StrEnum):
    CUSTOMER = "customer"
    US = "us"


class RoundKind(StrEnum):
    COUNTER = "counter"
    CONCESSION = "concession"
    SCOPE = "scope"
    NOTE = "note"


class Method(StrEnum):
    LINK = "link"
    IN_PERSON = "in_person"
    VERBAL = "verbal"


class TaxMode(StrEnum):
    DOCUMENT = "document"
    LINE = "line"


class BookStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"
