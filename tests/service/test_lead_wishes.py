"""Other systems' enquiries, on SQLite."""

from collections.abc import Callable

import pytest

from embedded.testing import Bench
from libs.common.contracts.commands import LeadCapture
from services.leads.schemas.incoming import LeadIn
from tests.service.lead_wishes import LeadWishes


class TestLeadWishes(LeadWishes):
    @pytest.fixture
    def leads(self, bench: Callable[..., Bench]) -> Bench:
        return bench("leads")


def test_the_wish_has_the_fields_of_the_door() -> None:
    assert set(LeadCapture.__struct_fields__) == set(LeadIn().load_fields)
