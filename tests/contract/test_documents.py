"""What is written about the code is what the code says today."""

from commands import ROOT
from commands.docs import documents


def test_every_generated_document_is_up_to_date() -> None:
    stale = [path for path, text in documents().items() if (ROOT / path).read_text() != text]

    assert stale == [], "run ./plumbline docs"


def test_every_decision_is_listed() -> None:
    listed = ROOT.joinpath("docs", "README.md").read_text()
    assert [one.name for one in ROOT.joinpath("docs", "adr").glob("*.md") if f"(adr/{one.name})" not in listed] == []
