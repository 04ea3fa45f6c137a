"""What may happen to an opportunity and to an appointment, as you could show it to a salesperson."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from libs.common.states import Machine


class StageType(StrEnum):
    """Stages are a company's own; what can be done hangs on their type."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class OpportunityAction(StrEnum):
    EDIT = "edit"
    ASSIGN = "assign"
    CONTACT = "contact"
    APPOINT = "appoint"
    ANSWER = "answer"
    OVERRIDE = "override"
    MOVE = "move"
    CONVERT = "convert"
    LOSE = "lose"
    WIN = "win"
    REOPEN = "reopen"
    UNDO = "undo"
    FILE = "file"


T, A = StageType, OpportunityAction
STAYS_OPEN = (A.EDIT, A.ASSIGN, A.CONTACT, A.APPOINT, A.ANSWER, A.OVERRIDE, A.MOVE, A.CONVERT, A.FILE)
STAYS_WON = (A.EDIT, A.ASSIGN, A.CONTACT, A.APPOINT, A.FILE)

OPPORTUNITY = Machine(
    initial=T.OPEN,
    edges={
        **{(T.OPEN, action): T.OPEN for action in STAYS_OPEN},
        (T.OPEN, A.LOSE): T.LOST,
        (T.OPEN, A.WIN): T.WON,
        (T.LOST, A.REOPEN): T.OPEN,
        (T.LOST, A.WIN): T.WON,  # an acceptance that crosses a loss stands
        **{(T.WON, action): T.WON for action in STAYS_WON},
        (T.WON, A.UNDO): T.OPEN,
    },
    what="opportunity",
    unasked=(A.WIN, A.UNDO),  # an acceptance does, and its undoing
)


class AppointmentState(StrEnum):
    SCHEDULED = "scheduled"
    CONFIRMED = "confirmed"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class AppointmentAction(StrEnum):
    EDIT = "edit"
    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    SET_OUT = "set_out"
    ARRIVE = "arrive"
    COMPLETE = "complete"
    MISS = "miss"
    CANCEL = "cancel"


S, B = AppointmentState, AppointmentAction

APPOINTMENT = Machine(
    initial=S.SCHEDULED,
    edges={
        **{(state, B.EDIT): state for state in (S.SCHEDULED, S.CONFIRMED, S.EN_ROUTE, S.ON_SITE)},
        (S.SCHEDULED, B.CONFIRM): S.CONFIRMED,
        **{(state, B.RESCHEDULE): S.SCHEDULED for state in (S.SCHEDULED, S.CONFIRMED, S.EN_ROUTE, S.NO_SHOW)},
        **{(state, B.SET_OUT): S.EN_ROUTE for state in (S.SCHEDULED, S.CONFIRMED)},
        **{(state, B.ARRIVE): S.ON_SITE for state in (S.SCHEDULED, S.CONFIRMED, S.EN_ROUTE)},
        **{(state, B.COMPLETE): S.COMPLETED for state in (S.SCHEDULED, S.CONFIRMED, S.EN_ROUTE, S.ON_SITE)},
        **{(state, B.MISS): S.NO_SHOW for state in (S.SCHEDULED, S.CONFIRMED, S.EN_ROUTE, S.ON_SITE)},
        **{(state, B.CANCEL): S.CANCELLED for state in (S.SCHEDULED, S.CONFIRMED, S.EN_ROUTE)},
    },
)

STANDING = (S.SCHEDULED, S.CONFIRMED, S.EN_ROUTE, S.ON_SITE)  #: the assignees' time is taken


class AppointmentType(StrEnum):
    SALES_CALL = "sales_call"
    SITE_SURVEY = "site_survey"


#: an offer that the customer could accept
LIVE_OFFERS = ("sent", "viewed", "changes_requested")
#: a price that is still being written
UNSENT_OFFERS = ("draft", "pending_approval", "approved")


@dataclass(frozen=True)
class Stage:
    code: str
    label: str
    type: StageType
    probability: int


class Flow:
    """A branch's stages in their order. A stage that was taken out of the settings since comes before all others."""

    def __init__(self, stages: Sequence[Mapping[str, Any]]) -> None:
        self.stages = [Stage(s["code"], s["label"], StageType(s["type"]), s["probability"]) for s in stages]
        self._place = {stage.code: place for place, stage in enumerate(self.stages)}

    @property
    def first(self) -> Stage:
        return self.stages[0]

    def stage(self, code: str) -> Stage | None:
        return self.stages[self._place[code]] if code in self._place else None

    def end(self, kind: StageType) -> Stage:
        """The won or the lost stage."""
        return next(stage for stage in self.stages if stage.type is kind)

    def behind(self, code: str, other: str) -> bool:
        """Whether a stage comes before another one."""
        return self._place.get(code, -1) < self._place.get(other, -1)

    def after(self, code: str) -> Stage | None:
        """What comes next on the way to a sale."""
        ahead = [stage for stage in self.stages[self._place.get(code, -1) + 1 :] if stage.type is not StageType.LOST]
        return ahead[0] if ahead else None
