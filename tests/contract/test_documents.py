"""What is written about the code is what the code says today."""

import pytest

from commands import ROOT
from commands.docs import documents


@pytest.mark.parametrize("path", sorted(documents()))
def test_a_generated_document_is_up_to_date(path: str) -> None:
    assert (ROOT / path).read_text() == documents()[path], "run ./plumbline docs"
