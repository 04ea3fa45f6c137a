"""Whoever rebuilds or checks a long history at a terminal sees how far it is."""

import io
import sys

import pytest

from libs.common import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("out", "said"), [(Terminal(), True), (io.StringIO(), False)], ids=["terminal", "program"])
def test_who_waits_at_a_terminal_is_told_how_far_it_is_and_a_program_is_not(
    monkeypatch: pytest.MonkeyPatch, out: io.StringIO, said: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(progress, "EVERY_S", 0)

    assert list(progress.counted("facts read", ["x" * 700] * 2)) == ["x" * 700] * 2

    assert ("facts read: 1,400" in out.getvalue()) is said
    assert out.getvalue().endswith("\r\033[K" if said else ""), "what is printed next begins on a clean line"
