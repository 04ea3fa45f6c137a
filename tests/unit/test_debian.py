"""Programs out of Debian's packages: fetched once, and what there is to be had is asked for once, too."""

import os
from pathlib import Path

import pytest

from libs.local import apt, debian
from tests import programs


class Asked:
    """An apt of ours, that notes what it is asked."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cache, self.notes = folder / "cache", folder / "notes"
        for name in ("apt-get", "apt-cache", "dpkg"):
            (folder / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {self.notes}\n')
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        monkeypatch.setenv("PLUMBLINE_CACHE", str(self.cache))

    def updates(self) -> int:
        return sum("update" in line for line in self.notes.read_text().splitlines())


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(tmp_path, monkeypatch)


def test_of_several_packages_the_first_asks_what_there_is(asked: Asked) -> None:
    for package in ("nginx", "postgresql", "nginx"):
        assert debian.unpacked(package).root == asked.cache / "debian" / package
    assert asked.updates() == 1


def test_what_there_is_is_asked_anew_after_a_while(asked: Asked) -> None:
    debian.unpacked("nginx")
    taken = asked.cache / "debian" / "lists" / "taken"
    before = taken.stat().st_mtime - apt.FRESH_S - 1
    os.utime(taken, (before, before))
    debian.unpacked("postgresql")
    assert asked.updates() == 2


def test_what_tests_start_is_fetched_before_the_first_of_them(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Chromium took two minutes on a busy machine, and sixty tests of pages waited longer than they may."""
    monkeypatch.setattr(debian, "is_installed", lambda _: False)
    monkeypatch.setattr("libs.local.provide.is_installed", lambda _: False)
    monkeypatch.delenv("PLUMBLINE_TEST_CHROMIUM", raising=False)
    monkeypatch.setattr(request.node, "fixturenames", ["browser"])
    programs.fetch([request.node])
    assert (asked.cache / "debian" / "chromium-headless-shell").exists()
    assert not (asked.cache / "debian" / "postgresql").exists()
