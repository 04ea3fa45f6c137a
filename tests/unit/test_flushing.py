"""What is written last in an act, as statements that are made once and kept."""

import itertools
from collections.abc import Iterator
from typing import Any

from libs.common import flushing
from libs.common.standalone import Change
from services.leads.model import Base

MANY = 1000


def edits() -> Iterator[Change]:
    """As whoever edits leads sends them: each time other fields."""
    names = [column.name for column in Base.metadata.tables["leads"].columns if column.name != "id"]
    chosen = (some for count in range(1, len(names)) for some in itertools.combinations(names, count))
    return (Change("leads", columns) for columns in itertools.islice(chosen, MANY))


def test_edits_of_ever_other_fields_do_not_make_a_process_larger_and_larger() -> None:
    for change in edits():
        flushing._changing(Base.metadata, change)
        flushing._together(Base.metadata, ("outbox",), (change,))

    kept: list[Any] = [flushing._changing, flushing._together]
    assert all(0 < one.cache_info().currsize < MANY for one in kept)
