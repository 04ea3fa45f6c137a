"""What several facts are made of. Optional parts have defaults, so that a reader of yesterday's fact needs no care."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec

#: a moment with its offset; a time without one names no instant and is refused
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True, kw_only=True)
class Address:
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""  #: two letters


@dataclass(frozen=True, kw_only=True)
class Phone:
    """``e164`` is what to dial and compare, blank for what is no such number; ``typed`` is what was said."""

    e164: str
    typed: str = ""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Whether the enquiry fits the company; None and blank are unknown, which passes."""

    in_service_area: bool | None = None
    trade_offered: bool | None = None
    customer_type: str = ""
    budget_band: str = ""


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """Who asks, how to reach them, for what and through what: all that was taken in. A person or a company is named."""

    channel: str
    person_name: str = ""
    company: str = ""
    phones: tuple[Phone, ...] = ()
    emails: tuple[str, ...] = ()  #: normalised
    address: Address | None = None
    source: str = ""
    campaign: str = ""
    trade: str = ""
    service_interest: str = ""
    request: str = ""
    interest_level: str = ""
    fit: Fit = field(default_factory=Fit)
    consent: dict[str, bool] = field(default_factory=dict)  #: by channel; one that is not named was not asked
    do_not_contact: bool = False
    urgent: bool = False  #: the response is due sooner
    lead_type: str = "none"  #: none, mql, sql, pql
    generated_by: UUID | None = None  #: the employee who handed it in


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A person to speak to about the work."""

    name: str = ""
    company: str = ""
    phones: tuple[Phone, ...] = ()
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A question and what was answered. ``type`` is bool, single, multi, number, money, date or text."""

    question_set: str
    question: str
    answer: str  #: true or false, a day as 2026-06-05, an amount as 12500.00; of several choices all, with commas
    type: str = "text"


@dataclass(frozen=True, kw_only=True)
class FileAt:
    """A file at a record: what it is, by its bytes, and who put it there when. The bytes are had at ``href``, the door
    of the service that keeps it, by whoever may read the record."""

    id: UUID
    name: str  #: as its sender called it
    kind: str  #: such as image/jpeg
    size: int  #: bytes
    sha256: str
    added_by: str
    added_at: Instant
    href: str  #: a path, beginning with /api/v1/


@dataclass(frozen=True, kw_only=True)
class BillTo:
    """Who pays, and where the bill goes."""

    name: str = ""
    company: str = ""
    address: Address | None = None
    emails: tuple[str, ...] = ()
    tax_status: str = ""


@dataclass(frozen=True, kw_only=True)
class TaxPart:
    """One tax code's part: ``tax`` is ``rate`` of the net ``taxable``."""

    code: str
    rate: Decimal
    taxable: Decimal
    tax: Decimal


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What an option comes to. With tax included, ``subtotal`` and ``discount`` contain it."""

    subtotal: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal
    deposit: Decimal
    balance: Decimal
    taxes: tuple[TaxPart, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LineSold:
    """A line the customer agreed to, as priced; ``amount`` is after the line's own discount."""

    description: str
    qty: Decimal
    unit_price: Decimal
    amount: Decimal
    task_code: str = ""
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    taxable: bool = True
    tax_code: str = ""
    hours: Decimal | None = None
    add_on: bool = False


@dataclass(frozen=True, kw_only=True)
class Material:
    """Something to order for the lines sold, out of their assemblies."""

    description: str
    qty: Decimal
    unit: str = ""
    code: str = ""
    task_code: str = ""
    cost: Decimal | None = None
