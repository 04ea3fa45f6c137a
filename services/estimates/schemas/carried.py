"""What estimates carry as JSON, for readers of the document: it is shown as it was kept."""

from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from libs.common.contracts.parts import Address, Instant


class Discount(TypedDict):
    """One of the two."""

    percent: Decimal
    amount: Decimal


class Deposit(TypedDict):
    """A percent or an amount; ``capped`` keeps it at 10 % of the total and at 1,000.00."""

    percent: Decimal
    amount: Decimal
    capped: bool


class Approval(TypedDict):
    """What was said to a discount or a margin; ``hash`` is of what it was said to."""

    granted: bool
    by: UUID
    at: Instant
    note: str
    hash: str


class Decision(TypedDict):
    """Why it was declined or withdrawn."""

    reason: str
    note: str


class Company(TypedDict):
    """Who offers it: the branch."""

    name: str
    phone: str
    email: str
    address: Address
