"""Each log line is one JSON object that says when, how grave, and which service; text for people."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from libs.common import log


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    log.unbind_all()
    structlog.reset_defaults()


def test_a_line_is_json_with_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("leads", json=True)
    log.bind(request_id="r-1", correlation="lead-7")

    log.get("test").info("captured", lead="7")
    logging.getLogger("library").warning("theirs %s", "too")

    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert ours.pop("ts").endswith("Z")
    assert ours == {
        "event": "captured", "lead": "7", "level": "info", "service": "leads", "request_id": "r-1",
        "correlation": "lead-7",
    }  # fmt: skip
    assert (theirs["event"], theirs["level"], theirs["request_id"]) == ("theirs too", "warning", "r-1")


def test_an_error_has_its_trace_in_the_same_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("leads", json=True)
    try:
        raise ValueError("no paper")
    except ValueError:
        log.get("test").exception("failed")

    [line] = capsys.readouterr().err.splitlines()
    assert "ValueError: no paper" in json.loads(line)["exception"]


def test_less_grave_lines_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("leads", level="warning", json=False)
    log.get("test").info("not this")
    log.get("test").warning("but this")

    told = capsys.readouterr().err
    assert "but this" in told
    assert "not this" not in told
