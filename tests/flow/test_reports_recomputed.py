"""Reports (R34, R40): every figure, for each reader and filter, is what the services' doors and facts bear out,
and leads to exactly the enquiries that it counts."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from embedded.testing import AWAY, CAST, HOME, Bench
from tests.flow.funnel import API
from tests.flow.odd_figures import REPORTS, Company, key_of, plain
from tests.flow.odd_quarter import ANGELES, CHICAGO, Quarter, lived

pytestmark = pytest.mark.xdist_group("figures")  # one worker makes the company, and not each of them

READERS = ("admin", "csr", "marketing", "manager", "salesperson", "colleague", "stranger")
NOT_FOR = {"csr": ["hand-over"], "marketing": ["time-in-stage", "estimate-ageing", "discounts", "hand-over"]}


def midnight(zone: str, year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


NOVEMBER = {"since": midnight(CHICAGO, 2026, 11, 1), "until": midnight(CHICAGO, 2026, 12, 1)}
FILTERS: dict[str, dict[str, Any]] = {
    "everything": {},
    "one branch": {"branch": HOME},
    "the other branch": {"branch": AWAY},
    "a source": {"source": "radio"},
    "a campaign": {"campaign": "autumn"},
    "a trade": {"trade": "hvac"},
    "a person": {"person": CAST["salesperson"][0]},
    "somebody else": {"person": CAST["colleague"][0]},
    "November": NOVEMBER,
    "November in Los Angeles": {
        "since": midnight(ANGELES, 2026, 11, 1), "until": midnight(ANGELES, 2026, 12, 1), "branch": AWAY,
    },
    "the day on which the clocks went back": {
        "since": midnight(CHICAGO, 2026, 11, 1), "until": midnight(CHICAGO, 2026, 11, 2),
    },
    "radio, of one person, since November": {"source": "radio", "person": CAST["colleague"][0], **NOVEMBER},
}  # fmt: skip


CARDS_BY = ["source", "campaign", "channel", "trade", "branch", "person"]
DIVIDED = {
    "funnel": CARDS_BY,
    "campaign-return": ["campaign", "source"],
    **{name: ["person", *(by for by in CARDS_BY if by != "person")] for name in ("close-rate", "response-time")},
}
FOLLOWING = ("admin", "manager", "salesperson")  #: these look at what each number counts
DEEPLY = "November"  #: and then at every way to divide a report


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """These tests only look at it, so it is made once."""
    bench = Bench(tmp_path_factory.mktemp("quarter"))
    lived(Quarter(bench))
    yield Company(bench)
    bench.close()


def query(asked: dict[str, Any]) -> str:
    def said(value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else str(getattr(value, "isoformat", value.__str__)())

    return urlencode({name: said(value) for name, value in asked.items()})


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("filters", FILTERS)
def test_every_figure_is_borne_out_and_leads_to_what_it_counts(company: Company, filters: str, name: str) -> None:
    asked, faults = FILTERS[filters], []
    for who in READERS:
        if name in NOT_FOR.get(who, ()):
            assert company.bench.as_(who).get(f"{API}/pipeline/reports/{name}").status_code == 403
            continue
        ids = company.chosen(who, asked)
        for by in DIVIDED.get(name, [""]) if filters == DEEPLY and who in FOLLOWING else DIVIDED.get(name, [""])[:1]:
            path = f"{API}/pipeline/reports/{name}?{query(asked | ({'by': by} if by else {}))}"
            shown = company.bench.as_(who).get(path).get_json()
            right = REPORTS[name](company, ids, asked, by)
            follows = who in FOLLOWING and (filters == DEEPLY or who == "manager")
            faults += [f"{who}, {by}: {one}" for one in differences(company, who if follows else "", shown, right)]
    assert faults == []


def test_all_that_reports_are_divided_by_is_looked_at(company: Company) -> None:
    titles = company.bench.as_("admin").get(f"{API}/pipeline/reports").get_json()["items"]
    assert {one["name"] for one in titles} == set(REPORTS)
    groups = {one["name"]: set(one["by"]) for one in titles if len(one["by"]) > 1}
    assert groups == {name: set(by) for name, by in DIVIDED.items()}


def differences(company: Company, who: str, shown: dict[str, Any], right: Any) -> Iterator[str]:
    """``who`` follows each count to what it counts; nobody does where it is blank."""
    said = {key_of(shown["name"], row): row for row in shown["rows"]}
    for key in {*said, *right}:
        if key not in said or key not in right:
            yield f"{key} is {'not ' if key not in said else ''}shown"
            continue
        row, figures = said[key], right[key]
        for column in shown["columns"]:
            name = column["key"]
            if column["kind"] == "count":
                if row[name] != len(figures.counts[name]):
                    yield f"{key}, {name}: {row[name]} shown, {len(figures.counts[name])} there are"
                elif row[name] and who and _leads_elsewhere(company, who, row, column, figures):
                    yield f"{key}, {name}: leads to others"
            elif name in figures.other and plain(row[name]) not in (figures.other[name], str(figures.other[name])):
                yield f"{key}, {name}: {plain(row[name])} shown, {figures.other[name]} it is"


def _leads_elsewhere(company: Company, who: str, row: dict[str, Any], column: dict[str, Any], figures: Any) -> bool:
    ask = row["cards"] | (column["asks"] or {})
    return listed(company, who, ask) != set(figures.counts[column["key"]])


def listed(company: Company, who: str, ask: dict[str, Any]) -> set[str]:
    return {one["id"] for one in company.bench.as_(who).items(f"{API}/pipeline/cards?{query(ask | {'limit': 200})}")}


@pytest.mark.parametrize("name", REPORTS)
def test_the_file_has_the_same_figures(company: Company, name: str) -> None:
    for who in ("admin", "salesperson"):
        path = f"{API}/pipeline/reports/{name}?since={NOVEMBER['since']:%Y-%m-%dT%H:%M:%SZ}"
        shown = company.bench.as_(who).get(path).get_json()
        file = list(csv.reader(io.StringIO(company.bench.as_(who).get(f"{path}&format=csv").get_data(as_text=True))))
        assert len(file) == len(shown["rows"]) + 1
        for row, cells in zip(shown["rows"], file[1:], strict=True):
            for column, cell in zip(shown["columns"], cells, strict=True):
                value = row[column["key"]]
                if column["kind"] == "money":
                    assert Decimal(cell.split()[0] if cell else 0) == plain(value)
                else:
                    assert cell == ("" if value is None else str(value))
