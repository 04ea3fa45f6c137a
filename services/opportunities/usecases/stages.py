"""Moving along the stages: what a stage asks for before it is entered, and what moves an opportunity by itself."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import people
from libs.common.contracts.opportunities import OpportunityStageChanged
from libs.common.errors import Fault, Missing
from libs.common.tx import Tx
from services.opportunities.model import Offer, Opportunity, QuestionSet
from services.opportunities.settings import CONVERTED, PREFERENCES, PROSPECT, SAID_AT_THE_DOOR
from services.opportunities.states import OpportunityAction, Stage, StageType
from services.opportunities.usecases import facts, flows, sheets

OFFERS: Any = Offer.__table__
LIVE = (
    sa.select(OFFERS.c.number, OFFERS.c.state)
    .where(OFFERS.c.opportunity_id == sa.bindparam("opportunity"), OFFERS.c.live)
    .order_by(OFFERS.c.estimate_id)
)  # built once, since every act on an open opportunity asks it


def advance(tx: Tx, opportunity: Opportunity, code: str, *, gated: bool = True) -> None:
    """What happened brings it to a stage that it has not reached; a gate that does not hold keeps it where it is.

    What happened elsewhere asks no gate: the estimate is sent, whatever was not filled in here.
    """
    stages = flows.of(tx, opportunity.branch)
    stage = stages.stage(code)
    if stage is None or not opportunity.is_open or not stages.behind(opportunity.stage, code):
        return
    if gated and missing(tx, opportunity, code):
        return
    enter(tx, opportunity, stage)


def enter(tx: Tx, opportunity: Opportunity, stage: Stage) -> None:
    """Goes to another open stage and says so."""
    before: dict[str, Any] = {"previous_stage": opportunity.stage, "previous_stage_type": opportunity.stage_type}
    opportunity.enter(stage, at=tx.now)
    worth = facts.worth(opportunity)
    how: dict[str, Any] = {**before, **worth, "probability": stage.probability, "entered_at": tx.now}
    tx.publish(OpportunityStageChanged(**facts.head(opportunity), **how), of=opportunity)


def missing(tx: Tx, opportunity: Opportunity, code: str) -> list[Missing]:
    """Everything that the gates of a stage ask for, of whoever acts, and that is not there."""
    gates = _gates(tx, opportunity.branch, code)
    names = dict.fromkeys(name for gate in gates for name in gate.get("fields") or ())
    keys = {key for gate in gates for key in gate.get("question_sets") or ()}
    found = [Missing(name, f"is needed for the stage {code}") for name in names if not _filled(opportunity, name)]
    if keys:
        found += sheets.missing(tx, opportunity, keys)
    return found


def missing_at_the_door(tx: Tx, branch: UUID | None, said: Mapping[str, Any]) -> list[Fault]:
    """The same of the first stage, for an opportunity that is just being entered, by the names of its fields."""
    gates = _gates(tx, branch, flows.of(tx, branch).first.code)
    names = dict.fromkeys(name for gate in gates for name in gate.get("fields") or ())
    wanting = [SAID_AT_THE_DOOR[name] for name in names if name in SAID_AT_THE_DOOR and not said.get(name)]
    return [Fault(pointer, "your company requires this") for pointer in wanting]


def _gates(tx: Tx, branch: UUID | None, code: str) -> list[Mapping[str, Any]]:
    """Those of a stage that are for everybody, and those for whoever acts; for an act of the system, only the first."""
    gates = [gate for gate in PREFERENCES.read(tx, branch)["gates"] if gate["stage"] == code]
    if not any(gate.get("role") for gate in gates):
        return gates
    return [gate for gate in gates if gate.get("role") in (None, *_roles(tx))]


def _roles(tx: Tx) -> Collection[str]:
    """Of the person who acts; a customer and the system have none."""
    try:
        acting = people.person(tx, UUID(tx.actor))
    except ValueError:
        return ()
    return list((acting or {}).get("roles", ()))


def dead_gates(tx: Tx, settings: Mapping[str, Any]) -> list[Fault]:
    """Gates that would never be asked, or would ask for nothing: of no open stage, for sets that there are not, or of
    the first stage for what nobody can have said before it is entered."""
    doors = {CONVERTED, *(stage["code"] for stage in settings["stages"] if stage["type"] == StageType.OPEN)}
    named = {key for gate in settings["gates"] for key in gate.get("question_sets") or ()}
    known = set(tx.session.scalars(sa.select(QuestionSet.key).where(QuestionSet.key.in_(named))))
    faults, first = [], settings["stages"][0]["code"]
    for place, gate in enumerate(settings["gates"]):
        for at, name in enumerate(gate.get("fields") or ()):
            if gate["stage"] == first and name not in SAID_AT_THE_DOOR:
                faults.append(Fault(f"/gates/{place}/fields/{at}", "cannot be said before the first stage"))
        if gate["stage"] not in doors:
            faults.append(Fault(f"/gates/{place}/stage", "is no open stage"))
        for at, key in enumerate(gate.get("question_sets") or ()):
            if gate["stage"] == first:
                faults.append(Fault(f"/gates/{place}/question_sets/{at}", "cannot be answered before the first stage"))
            elif key not in known:
                faults.append(Fault(f"/gates/{place}/question_sets/{at}", "is no question set"))
    return faults


def _filled(opportunity: Opportunity, name: str) -> bool:
    value = opportunity.prospect.get(name) if name in PROSPECT else getattr(opportunity, name)
    return value is True if name == "qualified" else value not in (None, "", {}, [])


def live_offers(tx: Tx, opportunity: Opportunity) -> list[Missing]:
    """The offers that the customer could still accept; they stand in the way of a loss."""
    told = "{0.number} is {0.state}: withdraw it, or lose the opportunity with void_offers"
    return [Missing("void_offers", told.format(row)) for row in tx.execute(LIVE, {"opportunity": opportunity.id})]


def shown(tx: Tx, opportunity: Opportunity) -> Opportunity:
    """With what an answer shows beyond the record: the stage's name, what comes next, what is in the way of it."""
    stages = flows.of(tx, opportunity.branch)
    stage, following = stages.stage(opportunity.stage), stages.after(opportunity.stage)
    opportunity.stage_label = stage.label if stage else opportunity.stage
    opportunity.next_stage = following.code if following and opportunity.is_open else None
    if opportunity.is_open:
        opportunity.gaps = {OpportunityAction.LOSE: live_offers(tx, opportunity)}
        if opportunity.converted_at is None:
            opportunity.gaps[OpportunityAction.CONVERT] = missing(tx, opportunity, CONVERTED)
    return opportunity
