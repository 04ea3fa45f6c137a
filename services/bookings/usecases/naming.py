"""A job's name, by the branch's rule: a template of tokens, unique for its customer."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import formatting, people, workhours
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.tx import Tx
from services.bookings.model import Customer, Job, Sale
from services.bookings.settings import PREFERENCES, TOKEN, TOKENS

LONGEST = 200
BLANK = "\0"  #: where a token had nothing to say; no text that comes in holds it
SEPARATOR = r"[\s\-–—,/|·:#_]*"

SAMPLE = {
    "customer": "Ivy Castellan", "customer_no": "C-00008", "last_name": "Castellan", "street": "1204 Forrest Ave",
    "city": "Nashville", "zip": "37201", "trade": "HVAC", "job_type": "installation",
    "estimate_no": "EST-2026-00012-R2",
}  # fmt: skip


def by_rule(tx: Tx, accepted: EstimateAccepted, customer: Customer, template: str, sequence: str) -> str:
    """The name of a new job. ``sequence`` says within what {seq} counts."""
    tokens = values(tx, accepted, customer)
    name = render(template, tokens, lambda: tx.count(counter(tokens, sequence, customer.id, accepted.branch)))
    name = name or accepted.number
    return name if customer in tx.session.new else unique(tx, customer.id, name)  # who is new has no job yet


def preview(
    tx: Tx, template: str, sequence: str, accepted: EstimateAccepted | None, customer: Customer | None,
    branch: UUID | None,
) -> str:  # fmt: skip
    """What a job would be called, with an example's values where no sale is named; counts nothing."""
    if accepted is None or customer is None:
        return render(template, {**SAMPLE, **_today(tx, branch)}, lambda: 1)
    tokens = values(tx, accepted, customer)
    counters = tx.tables.counters
    name = counter(tokens, sequence, customer.id, accepted.branch)
    used = tx.session.execute(sa.select(counters.c.value).where(counters.c.name == name)).scalar_one_or_none()
    return unique(tx, customer.id, render(template, tokens, lambda: (used or 0) + 1) or accepted.number)


def preview_name(
    tx: Tx, sale: Sale | None, *, template: str | None, sequence: str | None, branch: UUID | None
) -> dict[str, Any]:
    """What a job would be called: by a template that is tried out, or by the branch's own."""
    where = sale.branch if sale else branch
    settings = PREFERENCES.read(tx, where)
    used = template or settings["naming_template"]
    customer = tx.session.get(Customer, sale.customer_id) if sale else None
    accepted = EstimateAccepted.read(sale.estimate_id, dict(sale.accepted)) if sale else None
    name = preview(tx, used, sequence or settings["naming_sequence"], accepted, customer, where)
    return {"name": name, "template": used, "tokens": [f"{{{one}}}" for one in TOKENS]}


def values(tx: Tx, accepted: EstimateAccepted, customer: Customer) -> dict[str, str]:
    """What each token stands for in this sale; blank where nothing is known."""
    site, person = accepted.site, accepted.bill_to.name or accepted.prospect.person_name
    return {
        "customer": customer.name,
        "customer_no": customer.number,
        "last_name": person.split()[-1] if person.split() else customer.name,
        "street": site.line1 if site else "",
        "city": site.city if site else "",
        "zip": site.postal_code if site else "",
        "trade": formatting.plain(accepted.prospect.trade),
        "job_type": accepted.job_type or accepted.product_interest,
        "estimate_no": accepted.number,
        **_today(tx, accepted.branch),
    }


def counter(tokens: Mapping[str, str], sequence: str, customer_id: UUID, branch: UUID | None) -> str:
    within = {"year": tokens["yyyy"], "customer": customer_id, "branch": branch or "company"}[sequence]
    return f"job name {sequence} {within}"


def render(template: str, tokens: Mapping[str, str], count: Callable[[], int]) -> str:
    """The template filled in; a blank token takes the separator beside it along."""
    counted: list[int] = []

    def fill(found: re.Match[str]) -> str:
        name, width = found[1], len(found[2] or "")
        if name != "seq":
            return " ".join(tokens.get(name, "").split()) or BLANK
        if not counted:
            counted.append(count())
        return f"{counted[0]:0{width}d}"

    text = TOKEN.sub(fill, template)
    text = re.sub(rf"^{SEPARATOR}{BLANK}{SEPARATOR}", "", text)
    while BLANK in text:
        text = re.sub(rf"{SEPARATOR}{BLANK}|^{BLANK}{SEPARATOR}", "", text, count=1)
    return " ".join(text.split())[:LONGEST].strip()


def unique(tx: Tx, customer_id: UUID, name: str) -> str:
    """The name, with -2, -3, … when the customer has a job called so. It is the act's turn with the customer."""
    alike = Job.name.startswith(name[: LONGEST - 8], autoescape=True)
    taken = set(tx.session.scalars(sa.select(Job.name).where(Job.customer_id == customer_id, alike)))
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name[: LONGEST - 8]}-{number}"
    return candidate


def _today(tx: Tx, branch: UUID | None) -> dict[str, str]:
    today = tx.now.astimezone(workhours.zone(people.branch(tx, branch)))
    return {"yyyy": f"{today:%Y}", "yy": f"{today:%y}", "mm": f"{today:%m}"}
