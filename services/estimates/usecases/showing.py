"""An offer as its reader sees it, on the page and in the PDF: ready texts, money as $8,400.00, and never a cost."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from libs.common import formatting, people
from libs.common.formatting import Say, amount, english, full_day, said
from libs.common.tx import Tx
from services.estimates.model import Estimate, Line, Option
from services.estimates.settings import PREFERENCES
from services.estimates.usecases import links, pricing

LESS = said("less %(what)s")


def company(tx: Tx, branch: UUID | None) -> dict[str, Any]:
    """Who offers it: the branch."""
    known = people.branch(tx, branch) or {}
    return {name: known.get(name) or None for name in ("name", "phone", "email", "address")}


def letterhead(tx: Tx, branch: UUID | None) -> dict[str, Any]:
    """The same as it stands on top of a page."""
    of_it = company(tx, branch)
    lines = [*formatting.address_lines(of_it["address"]), formatting.phone(of_it["phone"]), of_it["email"]]
    return {"company": of_it["name"] or "", "company_lines": lines}


def consent_text(tx: Tx, estimate: Estimate) -> str:
    return str(PREFERENCES.read(tx, estimate.branch)["consent_text"])


def offer(tx: Tx, estimate: Estimate, say: Say = english) -> dict[str, Any]:
    """Everything that the customer is shown, in their language."""
    version, opportunity, done = estimate.current, estimate.opportunity, estimate.acceptance
    options = [_option(estimate, option, say) for option in version.options]
    contact = opportunity.contact
    return {
        "number": estimate.number,
        "at": estimate.updated_at,
        "title": opportunity.title,
        "state": str(estimate.state),
        "live": estimate.live and tx.now < estimate.expires_at,
        **letterhead(tx, estimate.branch),
        "customer": contact.get("name") or contact.get("company") or "",
        "customer_company": contact.get("company") or "",
        "site_lines": formatting.address_lines(opportunity.site),
        "valid_until": full_day(version.valid_until, say),
        "prices_include_tax": version.prices_include_tax,
        "options": options,
        "from": amount(min((one.total for one in version.options), default=Decimal(0)), estimate.currency),
        "to": amount(max((one.total for one in version.options), default=Decimal(0)), estimate.currency),
        "terms": version.terms,
        "notes": version.notes,
        "consent_text": done.consent_text if done else consent_text(tx, estimate),
        "changes_text": version.changes_text,
        "accepted": None
        if done is None
        else {
            "option": done.option_name,
            "total": amount(done.total, estimate.currency),
            "deposit": amount(Decimal(done.totals["deposit"]), estimate.currency),
            "typed_name": done.typed_name,
            "signature": done.signature,
            "on": full_day(links.accepted_on(tx, estimate), say),
            "cancel_until": full_day(day, say) if (day := links.cancellable_until(tx, estimate)) else "",
        },
    }


def choice(estimate: Estimate, option: UUID | None, add_ons: Collection[UUID | None] = ()) -> dict[str, Any] | None:
    """What the customer has chosen so far and what it comes to; of several options, none is chosen for them."""
    only = estimate.current.options[0] if len(estimate.current.options) == 1 else None
    chosen = (estimate.option(option) if option else None) or only
    if chosen is None:
        return None
    extras = [line for line in chosen.add_ons if line.id in add_ons]
    totals = pricing.shown(estimate.current.totals_with(chosen, extras), estimate.currency)
    return {
        "name": chosen.name,
        "extras": [line.description.partition("\n")[0] for line in extras],
        **_figures(estimate, totals),
    }


def _figures(estimate: Estimate, totals: Mapping[str, Any]) -> dict[str, Any]:
    currency = estimate.currency
    names = ("subtotal", "discount", "net", "tax", "total", "deposit", "balance")
    return {
        "totals": {name: amount(Decimal(totals[name]), currency) for name in names},
        "taxes": [
            {"name": estimate.current.rates[one["code"]]["name"], "tax": amount(Decimal(one["tax"]), currency)}
            for one in totals["taxes"]
        ],
        "has_discount": bool(Decimal(totals["discount"])),
        "has_deposit": bool(Decimal(totals["deposit"])),
    }


def _option(estimate: Estimate, option: Option, say: Say) -> dict[str, Any]:
    currency, done = estimate.currency, estimate.acceptance
    agreed = bool(done and done.option_id == option.id)
    return {
        "id": str(option.id),
        "name": option.name,
        "description": option.description,
        "lines": [_line(line, currency, say) for line in option.lines],
        "add_ons": [
            _line(line, currency, say) | {"chosen": bool(done and str(line.id) in done.add_ons)}
            for line in option.add_ons
        ],
        **_figures(estimate, done.totals if done and agreed else option.totals),
        "accepted": agreed,
    }


def _line(line: Line, currency: str, say: Say) -> dict[str, Any]:
    name, _, more = line.description.partition("\n")
    off = ""
    if line.discount_percent:
        off = say(LESS, what=f"{line.discount_percent.normalize():f} %")
    elif line.discount_amount:
        off = say(LESS, what=amount(line.discount_amount, currency))
    return {
        "id": str(line.id),
        "name": name,
        "more": more,
        "qty": formatting.quantity(line.qty),
        "unit_price": formatting.price(line.unit_price, currency),
        "off": off,
        "amount": amount(line.amount, currency),
    }
