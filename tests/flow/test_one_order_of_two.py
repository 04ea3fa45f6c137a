"""One booking order of two acceptances that came from two opportunities (R30): it is the work of both."""

from collections.abc import Callable
from typing import Any

import pytest

import services
from embedded.testing import Bench
from tests.flow.funnel import API, Funnel
from tests.service.console_reader import Reader

SAME = {
    "person_name": "Ivy Castellan",
    "emails": ["ivy@castellan.example"],
    "address": {"line1": "12 Oak St", "city": "Nashville", "region": "TN", "postal_code": "37201"},
}


@pytest.fixture
def funnel(bench: Callable[..., Bench]) -> Funnel:
    return Funnel(bench(*services.NAMES), twice=True)


def both(funnel: Funnel) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The order, and the two by themselves that were given up for it."""
    apart = [funnel.booked(price, funnel.opportunity(**SAME)) for price in ("1000.00", "250.00")]
    for one in apart:
        funnel.do("office", f"/bookings/{one['id']}/cancel", {"reason": "done together"})
    wanted = [ident for one in apart for ident in one["acceptance_ids"]]
    return funnel.do("office", "/bookings", {"acceptance_ids": wanted}), apart


def test_the_order_stands_on_both_cards_boards_and_timelines(funnel: Funnel) -> None:
    order, apart = both(funnel)
    funnel.assigned(order["id"])

    for one, worth in zip(apart, ("1000.00", "250.00"), strict=True):
        card = funnel.see(f"/pipeline/cards/{one['lead_id']}")
        assert (card["lane"], card["booking_id"], card["value"]) == ("booking.assigned", order["id"], worth)
        assert {made["number"] for made in card["bookings"]} == {one["number"], order["number"]}
        told = funnel.as_("office").items(f"{API}/pipeline/timeline?correlation_id={one['lead_id']}&limit=200")
        mine = [fact["kind"] for fact in told if fact["subject"] == order["id"]]
        assert [kind for kind in mine if kind != "booking.changed"] == [
            "booking.assigned", "booking.ready", "booking.created",
        ]  # fmt: skip
        found = funnel.as_("office").items(f"{API}/bookings?opportunity_id={one['opportunity_id']}")
        assert order["id"] in [each["id"] for each in found]
        page = Reader(funnel.bench, "office").open(f"/opportunities/{one['opportunity_id']}")
        assert order["number"] in page.text
        assert "not work yet" not in page.text
    board = funnel.see("/pipeline/board")
    assert {lane["key"]: lane["count"] for lane in board["lanes"] if lane["count"]} == {"booking.assigned": 2}
    [row] = funnel.see("/pipeline/reports/funnel", "manager")["rows"]
    assert (row["won"], row["booked"], row["handed_over"]) == (2, 2, 2)
    [handed] = funnel.see("/pipeline/reports/hand-over", "manager")["rows"]
    assert handed["handed_over"] == 1, "it is one order"


def test_what_becomes_of_it_becomes_of_both(funnel: Funnel) -> None:
    order, apart = both(funnel)
    leads = [one["lead_id"] for one in apart]
    funnel.do("office", f"/bookings/{order['id']}/cancel", {"reason": "out of stock"})
    assert [funnel.see(f"/pipeline/cards/{one}")["lane"] for one in leads] == ["opportunity.won"] * 2
    assert [funnel.see(f"/pipeline/cards/{one}")["value"] for one in leads] == ["1000.00", "250.00"]

    again = funnel.do("office", "/bookings", {"acceptance_ids": order["acceptance_ids"][::-1]})
    assert [funnel.see(f"/pipeline/cards/{one}")["booking_id"] for one in leads] == [again["id"]] * 2
