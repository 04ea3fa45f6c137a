"""What is written about the code is what the code says today."""

from commands import ROOT
from commands.docs import documents


def test_every_generated_document_is_up_to_date() -> None:
    stale = [path for path, text in documents().items() if (ROOT / path).read_text() != text]

    assert stale == [], "run ./plumbline docs"
