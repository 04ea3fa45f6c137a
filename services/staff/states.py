"""Who works here and who has left, as a table."""

from enum import StrEnum

from libs.common.states import Machine


class PersonState(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"


class PersonAction(StrEnum):
    DEACTIVATE = "deactivate"
    ACTIVATE = "activate"


S, A = PersonState, PersonAction

PERSON = Machine(
    initial=S.ACTIVE,
    edges={
        (S.ACTIVE, A.DEACTIVATE): S.INACTIVE,
        (S.INACTIVE, A.ACTIVATE): S.ACTIVE,
    },
)


class TeamKind(StrEnum):
    SALES = "sales"
    OPERATIONS = "operations"
    OFFICE = "office"
