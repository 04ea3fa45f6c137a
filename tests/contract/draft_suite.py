"""What a draft holds is what was written, on any database: no product is kept finer than its column (R22)."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from embedded.testing import Bench
from tests.service.estimate_world import drafted, load_book, seen, set_taxes, write

BOOK = (
    "code,name,unit_price,member_price,cost,hours,taxable,tax_code\n"
    "FINE,Breaker,90.1234,80.4321,40.0001,1.755,yes,t22\n"
    "LONG,Watchman,0,,0,999999999.999,no,\n"
    "BARE,Pad,120.00,,,,no,\n"
)


def numbers(most: str, places: int) -> st.SearchStrategy[str]:
    return st.decimals("0", most, places=places).map(lambda number: format(number, "f"))


quantities = numbers("9", 3) | numbers("999999999.999", 3)
prices = numbers("2000", 4) | numbers("9999999999.9999", 4)
reductions: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"discount_percent": numbers("100", 4)}),
    st.fixed_dictionaries({"discount_amount": numbers("500", 2)}),
)
rules = st.none() | st.fixed_dictionaries({"percent": numbers("100", 4)})
fixed = st.fixed_dictionaries({"amount": numbers("50", 2)})
lines = st.builds(
    lambda line, more: line | more,
    st.one_of(
        st.fixed_dictionaries(
            {"task_code": st.sampled_from(["FINE", "LONG", "BARE"]), "qty": quantities}, optional={"unit_price": prices}
        ),
        st.fixed_dictionaries(
            {"description": st.just("Work"), "qty": quantities, "unit_price": prices},
            optional={"cost": prices, "tax_code": st.sampled_from(["t22", "t19"])},
        ),
    ),
    reductions,
)
drafts = st.fixed_dictionaries(
    {
        "options": st.lists(
            st.fixed_dictionaries(
                {"name": st.just("A"), "lines": st.lists(lines, max_size=4), "add_ons": st.lists(lines, max_size=2)}
            ),
            min_size=1,
            max_size=2,
        ),
        "discount": rules | fixed,
        "deposit": rules | fixed,
        "tax_mode": st.sampled_from(["document", "line"]),
        "prices_include_tax": st.booleans(),
        "member": st.booleans(),
    }
)


class Drafts:
    """Subclasses give ``desk``, a bench with estimates in it."""

    def test_no_draft_that_may_be_written_breaks_and_all_of_it_is_kept_to_the_digit(self, desk: Bench) -> None:
        set_taxes(desk)
        load_book(desk, BOOK)
        ident = drafted(desk)["id"]

        @settings(max_examples=60)
        @given(drafts)
        def holds(draft: dict[str, Any]) -> None:
            answer = write(desk, ident, **draft)
            assert answer.status_code in (200, 422), answer.get_data(as_text=True)
            if answer.status_code == 200:
                assert seen(desk, ident, by="salesperson")["options"] == answer.get_json()["options"]

        holds()

    def test_a_task_of_so_many_hours_is_rounded_to_the_thousandth_half_up(self, desk: Bench) -> None:
        set_taxes(desk)
        load_book(desk, BOOK)
        ident = drafted(desk)["id"]
        for qty, hours in (("1.25", "2.194"), ("0.2", "0.351"), ("0.001", "0.002"), ("1", "1.755")):
            answer = write(desk, ident, {"task_code": "FINE", "qty": qty})
            assert answer.status_code == 200, answer.get_data(as_text=True)
            assert seen(desk, ident)["options"][0]["lines"][0]["hours"] == hours

    def test_more_hours_than_can_be_kept_are_refused_by_name(self, desk: Bench) -> None:
        load_book(desk, BOOK.replace("t22", ""))
        answer = write(desk, drafted(desk)["id"], {"task_code": "LONG", "qty": "2"}, {"task_code": "NONE", "qty": "2"})
        assert answer.status_code == 422, answer.get_data(as_text=True)
        assert [one["pointer"] for one in answer.get_json()["errors"]] == [
            "/options/0/lines/0/qty",
            "/options/0/lines/1/task_code",
        ]
