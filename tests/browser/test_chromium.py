"""Where the browser comes from, and what is said where none is to be had."""

from pathlib import Path

import pytest

from libs.local import NotReady, chromium, debian


def test_the_one_that_is_named_is_taken_and_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "my-chromium"
    monkeypatch.setenv(chromium.GIVEN, str(program))
    with pytest.raises(NotReady, match=r"PLUMBLINE_TEST_CHROMIUM names .*my-chromium, and that is no program"):
        chromium.found(tmp_path / "home")
    program.touch(mode=0o755)
    assert chromium.found(tmp_path / "home").program == program


def test_where_nothing_can_be_fetched_the_line_that_installs_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLUMBLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("apt-get", "dpkg"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'E: no network' >&2\nexit 100\n")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(NotReady, match=r"E: no network.* As root: .*apt-get install -y chromium-headless-shell"):
        debian.unpacked(chromium.PACKAGE)
    assert not (tmp_path / "cache" / "debian" / chromium.PACKAGE).exists()
