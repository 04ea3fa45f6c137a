"""Pages, orders, cursors and queries."""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from libs.common.web import paging
from tests.contract.web_world import (
    BOXES,
    Box,
    World,
    problem,
)


class Lists:
    def test_a_list_shows_each_field_as_the_record_itself_does(self, world: World) -> None:
        for owner in ({}, {"owner_id": str(uuid4())}):
            made = world.box(label="ä", size=3, **owner)
            record = world.get(f"/{made['id']}").json or {}
            [item, *_] = (world.get("").json or {})["items"]
            assert item == {name: record[name] for name in item}
            assert item["created_at"].endswith("Z")
            assert item["owner_id"] == owner.get("owner_id")

    def test_pages_follow_each_other_newest_first_without_gap_or_repeat(self, world: World) -> None:
        made = [world.box(label=str(number))["id"] for number in range(7)]
        seen, where = [], f"{BOXES}?limit=3"
        sizes = []
        while where:
            answer = world.get(where)
            body = answer.json or {}
            seen += [one["id"] for one in body["items"]]
            sizes.append(len(body["items"]))
            if body["next"] is None:
                assert "Link" not in answer.headers
                break
            where = answer.headers["Link"].partition(">")[0].lstrip("<")
            assert answer.headers["Link"].endswith('; rel="next"')
            assert parse_qs(urlsplit(where).query) == {"limit": ["3"], "cursor": [body["next"]]}
            world.box(label="late")  # newer than the page: it moves nothing
        assert seen == made[::-1]
        assert sizes == [3, 3, 1]

    @pytest.mark.parametrize("limit", [1, 2])
    @pytest.mark.parametrize("column", ["size", "label", "price", "created_at"])
    @pytest.mark.parametrize("direction", ["", "-"])
    def test_a_sorted_list_shows_every_record_once_those_without_a_value_last(
        self, world: World, column: str, direction: str, limit: int
    ) -> None:
        sizes, sort = [3, None, 1, 3, None, 2], direction + column
        for place, size in enumerate(sizes):
            world.box(label="abc"[place % 3], **({"size": size, "price": f"{size * 4}.50"} if size else {}))
        items: list[dict[str, Any]] = []
        where = f"?limit={limit}&sort={sort}"
        following = ""
        for _ in range(7):
            body = world.get(where + following).json or {}
            items += body["items"]
            if body["next"] is None:
                break
            following = f"&cursor={body['next']}"
        assert len({item["id"] for item in items}) == len(items) == 6
        name, down = sort.lstrip("-"), sort.startswith("-")
        if name != "created_at":
            known = [item[name] for item in items if item[name] is not None]
            assert known == sorted(known, key=float if name == "price" else None, reverse=down)
            assert [item[name] for item in items][len(known) :] == [None] * (6 - len(known))

    def test_a_cursor_that_this_list_did_not_give_out_is_refused(self, world: World) -> None:
        for _ in range(3):
            world.box()
        good = (world.get("?limit=1").json or {})["next"]
        assert world.get(f"?limit=1&cursor={good}").status_code == 200
        spoilt = [good[:-1] + ("A" if good[-1] != "A" else "B"), good[:-2], "x", good + "=", "é", "A" * 500, good[::-1]]
        for forged in spoilt:
            said = problem(world.get(f"?limit=1&cursor={forged}"), 422)
            assert [error["pointer"] for error in said["errors"]] == ["?cursor"]
        problem(world.get(f"?limit=1&cursor={good}&sort=label"), 422)

    @pytest.mark.parametrize(
        ("sort", "value"),
        [
            ("-created_at", "0001-01-01T00:00:00+14:00"),
            ("-created_at", "9999-12-31T23:59:59-14:00"),
            ("-created_at", "2026-01-01T00:00:00"),
            ("size", 2**63),
            ("price", "1E+400"),
            ("price", "0.00001"),
            ("price", "NaN"),
            ("label", "a\0b"),
        ],
    )
    def test_a_cursor_made_with_our_own_code_of_what_no_column_holds_is_refused(
        self, world: World, sort: str, value: Any
    ) -> None:
        made = paging._cursor(value, uuid4(), sort, Box)
        said = problem(world.get(f"?sort={sort}&cursor={made}"), 422)
        assert [error["pointer"] for error in said["errors"]] == ["?cursor"]

    @pytest.mark.parametrize(
        ("query", "named"),
        [
            ("limit=0", "?limit"),
            ("limit=-1", "?limit"),
            ("limit=201", "?limit"),
            ("limit=1000000000", "?limit"),
            ("limit=1e2", "?limit"),
            ("limit=", "?limit"),
            ("sort=secret", "?sort"),
            ("colour=red", "?colour"),
            ("label=a&label=b", "?label"),
            ("label=%00", "?label"),
            ("cursor=", "?cursor"),
        ],
    )
    def test_a_query_that_cannot_be_read_is_refused_by_name(self, world: World, query: str, named: str) -> None:
        said = problem(world.get(f"?{query}"), 422)
        assert [error["pointer"] for error in said["errors"]] == [named]

    def test_an_address_without_a_query_takes_none(self, world: World) -> None:
        assert problem(world.get(f"/{world.box()['id']}?x=1"), 422)["errors"][0]["pointer"] == "?x"
