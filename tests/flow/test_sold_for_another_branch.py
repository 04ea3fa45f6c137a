"""Who sells for another branch than their own."""

from embedded.testing import CAST, HOME
from tests.flow.funnel import API, Funnel
from tests.service.console_reader import Reader
from tests.service.estimate_world import load_book


def test_who_sells_for_another_branch_sees_its_prices_and_what_became_of_the_sale(funnel: Funnel) -> None:
    """They were given the work, and could read neither the price book of its branch nor the order of their own sale."""
    seller = funnel.as_("stranger")
    book = load_book(funnel.bench, "code,name,unit_price\nHP,Heat pump,8400.00\n", branch=str(HOME))
    opportunity = funnel.opportunity()
    estimate, token = funnel.sent(opportunity=opportunity)
    prices = f"{API}/estimates/price-books"
    assert seller.items(prices) == []

    funnel.do("csr", f"/opportunities/{opportunity}/assign", {"salesperson_id": str(CAST["stranger"][0])})
    assert [one["id"] for one in seller.items(prices)] == [book]
    assert [one["code"] for one in seller.items(f"{prices}/{book}/tasks")] == ["HP"]
    others = funnel.booked()
    funnel.accept(token)

    [sold] = seller.items(f"{API}/bookings")
    assert sold["estimate_ids"] == [estimate]
    for path in (
        "",
        f"jobs/{sold['job_id']}",
        f"customers/{sold['customer_id']}",
        f"sales/{sold['acceptance_ids'][0]}",
    ):
        assert seller.get(f"{API}/bookings/{path or sold['id']}").status_code == 200, path
    assert Reader(funnel.bench, "stranger").open(f"/bookings/{sold['id']}").status == 200
    assert funnel.see(f"/pipeline/cards/{sold['lead_id']}", "stranger")["booking_number"] == sold["number"]
    for path in (others["id"], f"jobs/{others['job_id']}", f"customers/{others['customer_id']}"):
        assert seller.get(f"{API}/bookings/{path}").status_code == 404, "that is not theirs"
