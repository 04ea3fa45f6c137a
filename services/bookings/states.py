"""The state machines of booking orders, jobs and sales, as you could show them to the office."""

from enum import StrEnum

from libs.common.states import Machine


class BookingState(StrEnum):
    DRAFT = "draft"
    READY = "ready"
    ON_HOLD = "on_hold"
    ASSIGNED = "assigned"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class BookingAction(StrEnum):
    READY = "ready"
    ASSIGN = "assign_to_operation"
    ACCEPT = "accept"
    RETURN = "return"
    REASSIGN = "reassign"
    HOLD = "hold"
    RELEASE = "release"
    START = "start"
    COMPLETE = "complete"
    CHANGE_ORDER = "change_order"
    CANCEL = "cancel"


B, A = BookingState, BookingAction

BOOKING = Machine(
    initial=B.DRAFT,
    edges={
        (B.DRAFT, A.READY): B.READY,
        (B.DRAFT, A.CHANGE_ORDER): B.DRAFT,
        (B.DRAFT, A.CANCEL): B.CANCELLED,
        (B.READY, A.ASSIGN): B.ASSIGNED,
        (B.READY, A.HOLD): B.ON_HOLD,
        (B.READY, A.CHANGE_ORDER): B.READY,
        (B.READY, A.CANCEL): B.CANCELLED,
        (B.ON_HOLD, A.RELEASE): B.READY,
        (B.ON_HOLD, A.CHANGE_ORDER): B.ON_HOLD,
        (B.ON_HOLD, A.CANCEL): B.CANCELLED,
        (B.ASSIGNED, A.ACCEPT): B.ACCEPTED,
        (B.ASSIGNED, A.RETURN): B.RETURNED,
        (B.ASSIGNED, A.REASSIGN): B.ASSIGNED,
        (B.ASSIGNED, A.CHANGE_ORDER): B.ASSIGNED,
        (B.ASSIGNED, A.CANCEL): B.CANCELLED,
        (B.RETURNED, A.READY): B.READY,
        (B.RETURNED, A.CHANGE_ORDER): B.RETURNED,
        (B.RETURNED, A.CANCEL): B.CANCELLED,
        (B.ACCEPTED, A.START): B.IN_PROGRESS,
        (B.ACCEPTED, A.REASSIGN): B.ASSIGNED,  # whoever gets it takes it over anew
        (B.ACCEPTED, A.CHANGE_ORDER): B.ACCEPTED,
        (B.ACCEPTED, A.CANCEL): B.CANCELLED,
        (B.IN_PROGRESS, A.COMPLETE): B.COMPLETED,
        (B.IN_PROGRESS, A.CHANGE_ORDER): B.IN_PROGRESS,
        (B.IN_PROGRESS, A.CANCEL): B.CANCELLED,
    },
    what="booking order",
)

#: where the list of what is missing answers an assignment, because the order is on its way there
BEFORE_ASSIGNMENT = (B.DRAFT, B.RETURNED, B.ON_HOLD)


ENDED = (B.COMPLETED, B.CANCELLED)  #: where an order is over


class Hold(StrEnum):
    DEPOSIT = "deposit"
    PERMIT = "permit"
    CANCEL_PERIOD = "cancel_period"


class Ordering(StrEnum):
    NOT_NEEDED = "not_needed"
    TO_ORDER = "to_order"
    ORDERED = "ordered"
    RECEIVED = "received"


class Scheduling(StrEnum):
    UNSCHEDULED = "unscheduled"
    PROPOSED = "proposed"
    SCHEDULED = "scheduled"


class JobState(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class JobAction(StrEnum):
    BOOK = "book"
    START = "start"
    STOP = "stop"
    COMPLETE = "complete"
    CLOSE = "close"
    CANCEL = "cancel"


J, D = JobState, JobAction

JOB = Machine(
    initial=J.PENDING,
    edges={
        (J.PENDING, D.START): J.IN_PROGRESS,
        (J.PENDING, D.COMPLETE): J.COMPLETED,  # what was sold on top was cancelled
        (J.PENDING, D.CANCEL): J.CANCELLED,
        (J.IN_PROGRESS, D.STOP): J.PENDING,  # its booking order was cancelled, or has another to follow
        (J.IN_PROGRESS, D.COMPLETE): J.COMPLETED,
        (J.COMPLETED, D.BOOK): J.PENDING,  # more was sold on it
        (J.COMPLETED, D.CLOSE): J.CLOSED,
        (J.CLOSED, D.BOOK): J.PENDING,
    },
    unasked=set(D) - {D.CLOSE},  # it follows its booking orders
)

#: where a job is by its booking orders: the first of these that one of them is at
BY_ORDERS = (
    (J.IN_PROGRESS, (B.IN_PROGRESS,)),
    (J.PENDING, (B.DRAFT, B.READY, B.ON_HOLD, B.ASSIGNED, B.RETURNED, B.ACCEPTED)),
    (J.COMPLETED, (B.COMPLETED,)),
)


class SaleState(StrEnum):
    RUNNING = "running"
    FAILED = "failed"
    COMPLETED = "completed"
    UNDONE = "undone"


class SaleAction(StrEnum):
    FAIL = "fail"
    RETRY = "retry"
    FINISH = "finish"
    UNDO = "undo"


S, T = SaleState, SaleAction

SALE = Machine(
    initial=S.RUNNING,
    edges={
        (S.RUNNING, T.FAIL): S.FAILED,
        (S.RUNNING, T.RETRY): S.RUNNING,
        (S.RUNNING, T.FINISH): S.COMPLETED,
        (S.RUNNING, T.UNDO): S.UNDONE,
        (S.FAILED, T.RETRY): S.RUNNING,
        (S.FAILED, T.FINISH): S.COMPLETED,
        (S.FAILED, T.UNDO): S.UNDONE,
        (S.COMPLETED, T.UNDO): S.UNDONE,
    },
    unasked=(T.FAIL, T.FINISH),  # its steps do
)


class StepState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Step(StrEnum):
    """What a sale consists of; each is ticked by its owner's fact, the first three here."""

    CUSTOMER = "customer"
    JOB = "job"
    BOOKING = "booking"
    ESTIMATE_MOVED = "estimate_moved"
    OPPORTUNITY_WON = "opportunity_won"
    APPOINTMENTS_MOVED = "appointments_moved"
    LEAD_CONVERTED = "lead_converted"


LABELS = {
    Step.CUSTOMER: "Customer found or made",
    Step.JOB: "Job made",
    Step.BOOKING: "Booking order drafted",
    Step.ESTIMATE_MOVED: "Estimate moved to the job",
    Step.OPPORTUNITY_WON: "Opportunity won",
    Step.APPOINTMENTS_MOVED: "Appointments moved to the job",
    Step.LEAD_CONVERTED: "Lead converted",
}
