"""What the business does with its staff, divided by act. Each function is one act inside one transaction."""

from services.staff.usecases.branches import change_branch, open_branch
from services.staff.usecases.passwords import hashed
from services.staff.usecases.people import (
    activate,
    add_person,
    change_person,
    deactivate,
    set_absence,
    set_password,
)
from services.staff.usecases.signin import account, end, me, renew, sign_in
from services.staff.usecases.teams import change_team, form_team, replace_members

__all__ = [
    "account",
    "activate",
    "add_person",
    "change_branch",
    "change_person",
    "change_team",
    "deactivate",
    "end",
    "form_team",
    "hashed",
    "me",
    "open_branch",
    "renew",
    "replace_members",
    "set_absence",
    "set_password",
    "sign_in",
]
