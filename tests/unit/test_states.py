"""A machine does what its table says, and a refusal names what would have been possible."""

from enum import StrEnum
from itertools import product

import pytest

from libs.common.errors import IllegalTransition
from libs.common.states import Machine


class DoorState(StrEnum):
    OPEN = "open"
    SHUT = "shut"
    BRICKED_UP = "bricked_up"


class DoorAction(StrEnum):
    SHUT = "shut"
    OPEN = "open"
    BRICK_UP = "brick_up"


EDGES = {
    (DoorState.OPEN, DoorAction.SHUT): DoorState.SHUT,
    (DoorState.SHUT, DoorAction.OPEN): DoorState.OPEN,
    (DoorState.SHUT, DoorAction.BRICK_UP): DoorState.BRICKED_UP,
}
DOOR = Machine(initial=DoorState.OPEN, edges=EDGES)


@pytest.mark.parametrize(("edge", "target"), EDGES.items())
def test_every_edge_of_the_table_leads_where_it_says(edge: tuple[DoorState, DoorAction], target: DoorState) -> None:
    assert DOOR.fire(*edge) is target


@pytest.mark.parametrize("edge", [pair for pair in product(DoorState, DoorAction) if pair not in EDGES])
def test_everything_else_is_refused(edge: tuple[DoorState, DoorAction]) -> None:
    with pytest.raises(IllegalTransition):
        DOOR.fire(*edge)


def test_a_refusal_names_the_record_its_state_what_was_tried_and_what_is_possible() -> None:
    with pytest.raises(IllegalTransition) as refusal:
        DOOR.fire(DoorState.SHUT, DoorAction.SHUT)

    assert refusal.value.more["allowed"] == ["open", "brick_up"]
    for word in ("door", "shut", "open", "brick_up"):
        assert word in str(refusal.value)


def test_a_refusal_leaves_out_what_happens_by_itself() -> None:
    door = Machine(DoorState.OPEN, EDGES, unasked=(DoorAction.BRICK_UP,))
    with pytest.raises(IllegalTransition) as refusal:
        door.fire(DoorState.SHUT, DoorAction.SHUT)

    assert refusal.value.more["allowed"] == ["open"]
    assert door.fire(DoorState.SHUT, DoorAction.BRICK_UP) is DoorState.BRICKED_UP


def test_actions_are_listed_in_the_order_of_the_table() -> None:
    assert DOOR.allowed(DoorState.SHUT) == (DoorAction.OPEN, DoorAction.BRICK_UP)


def test_a_state_that_nothing_leaves_is_terminal() -> None:
    assert [state for state in DoorState if DOOR.terminal(state)] == [DoorState.BRICKED_UP]


def test_a_state_read_back_as_plain_text_is_understood() -> None:
    state: DoorState = "shut"  # type: ignore[assignment]  # what a text column gives back

    assert DOOR.fire(state, DoorAction.OPEN) is DoorState.OPEN


def test_a_table_does_not_change_once_it_is_made() -> None:
    edges = dict(EDGES)
    door = Machine(initial=DoorState.OPEN, edges=edges)

    edges.clear()

    assert door.allowed(DoorState.OPEN) == (DoorAction.SHUT,)
    with pytest.raises(TypeError):
        door.edges[DoorState.BRICKED_UP, DoorAction.OPEN] = DoorState.OPEN  # type: ignore[index]


def test_the_name_in_refusals_is_the_records_own_or_the_one_given() -> None:
    class BookingOrderState(StrEnum):
        DRAFT = "draft"

    assert Machine(BookingOrderState.DRAFT, {}).what == "booking order"
    assert Machine(BookingOrderState.DRAFT, {}, what="booking").what == "booking"


def test_the_picture_shows_the_start_every_edge_and_the_ends() -> None:
    assert DOOR.mermaid() == (
        "stateDiagram-v2\n"
        "    [*] --> open\n"
        "    open --> shut: shut\n"
        "    shut --> open: open\n"
        "    shut --> bricked_up: brick_up\n"
        "    bricked_up --> [*]\n"
    )
