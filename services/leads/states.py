"""The lead's state machine, as you could show it to a CSR."""

from enum import StrEnum

from libs.common.states import Machine


class LeadState(StrEnum):
    NEW = "new"
    CONTACTED = "contacted"
    NURTURING = "nurturing"
    VALID = "valid"
    INVALID = "invalid"
    MERGED = "merged"
    CONVERTED = "converted"


class LeadAction(StrEnum):
    CONTACT = "contact"
    NURTURE = "nurture"
    VALIDATE = "validate"
    INVALIDATE = "invalidate"
    REOPEN = "reopen"
    MERGE = "merge"
    UNMERGE = "unmerge"
    CONVERT = "convert"
    UNCONVERT = "unconvert"
    EDIT = "edit"
    TYPE = "type"
    ASSIGN = "assign"
    FILE = "file"


S, A = LeadState, LeadAction
WORKED = (S.NEW, S.CONTACTED, S.NURTURING, S.VALID)
PUT_RIGHT = (*WORKED, S.INVALID)  #: an invalid one may be corrected before it is looked at again

LEAD = Machine(
    initial=S.NEW,
    edges={
        (S.NEW, A.CONTACT): S.CONTACTED,
        (S.CONTACTED, A.CONTACT): S.CONTACTED,
        (S.NURTURING, A.CONTACT): S.NURTURING,
        (S.VALID, A.CONTACT): S.VALID,
        (S.NEW, A.NURTURE): S.NURTURING,
        (S.CONTACTED, A.NURTURE): S.NURTURING,
        (S.NURTURING, A.NURTURE): S.NURTURING,
        (S.NEW, A.VALIDATE): S.VALID,
        (S.CONTACTED, A.VALIDATE): S.VALID,
        (S.NURTURING, A.VALIDATE): S.VALID,
        (S.NEW, A.INVALIDATE): S.INVALID,
        (S.CONTACTED, A.INVALIDATE): S.INVALID,
        (S.NURTURING, A.INVALIDATE): S.INVALID,
        (S.INVALID, A.REOPEN): S.NEW,
        (S.NEW, A.MERGE): S.MERGED,
        (S.CONTACTED, A.MERGE): S.MERGED,
        (S.NURTURING, A.MERGE): S.MERGED,
        (S.MERGED, A.UNMERGE): S.NEW,
        (S.VALID, A.CONVERT): S.CONVERTED,
        (S.CONVERTED, A.UNCONVERT): S.VALID,
        **{(state, action): state for state in PUT_RIGHT for action in (A.EDIT, A.TYPE, A.FILE)},
        **{(state, A.ASSIGN): state for state in WORKED},
    },
    unasked=(A.CONVERT, A.UNCONVERT),  # a sale does, and its undoing
)


class InvalidReason(StrEnum):
    SPAM = "spam"
    WRONG_CONTACT = "wrong_contact"
    NOT_A_CUSTOMER = "not_a_customer"
    OUT_OF_AREA = "out_of_area"
    NOT_OFFERED = "not_offered"
    OTHER = "other"


class Channel(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    WEB = "web"
    WALK_IN = "walk_in"
    REFERRAL = "referral"
    TECHNICIAN = "technician"
    IMPORT = "import"
    API = "api"
    BUS = "bus"


class Interest(StrEnum):
    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class LeadType(StrEnum):
    NONE = "none"
    MQL = "mql"
    SQL = "sql"
    PQL = "pql"
