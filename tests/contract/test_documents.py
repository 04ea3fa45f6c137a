"""What is written about the code is what the code says today."""

import re

from commands import ROOT
from commands.docs import documents


def test_every_generated_document_is_up_to_date() -> None:
    stale = [path for path, text in documents().items() if (ROOT / path).read_text() != text]

    assert stale == [], "run ./plumbline docs"


def test_every_decision_is_listed() -> None:
    listed = ROOT.joinpath("docs", "README.md").read_text()
    assert [one.name for one in ROOT.joinpath("docs", "adr").glob("*.md") if f"(adr/{one.name})" not in listed] == []


def test_every_test_that_a_promise_names_is_there() -> None:
    text = ROOT.joinpath("docs", "guarantees.md").read_text()
    code = "\n".join(path.read_text() for path in ROOT.joinpath("tests").rglob("*.py"))

    programs, tests = set(re.findall(r"tests/[\w/]+\.py", text)), set(re.findall(r"`(test_\w+)`", text))
    assert programs
    assert tests
    assert [one for one in programs if not (ROOT / one).is_file()] == []
    assert [one for one in tests if f"def {one}(" not in code] == []
