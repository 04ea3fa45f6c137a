"""Which broker `topology` and `subscribers` are about: one that is named, else that of a folder."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from commands import subscribers, topology

LIST: click.Command = subscribers.command.commands["list"]


@pytest.mark.parametrize("command", [topology.command, LIST])
@pytest.mark.parametrize("given", ["PLUMBLINE_MANAGEMENT_URL", "PLUMBLINE_BROKER_PASSWORDS_FILE"])
def test_one_that_is_named_by_half_is_asked_for_by_its_other_half(command: click.Command, given: str) -> None:
    done = CliRunner().invoke(command, env={given: "/nowhere"})

    assert (done.exit_code, "PLUMBLINE_AMQP_URL" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("command", [topology.command, LIST])
def test_a_folder_without_one_is_said_to_be(command: click.Command, tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--data", str(tmp_path)])

    assert (done.exit_code, "no distributed system has been started in" in done.stderr) == (3, True), done.stderr


@pytest.mark.parametrize("command", [topology.command, LIST])
@pytest.mark.parametrize("ports", ["", "[]", "{}"])
def test_a_folder_that_was_spoilt_is_said_to_be(command: click.Command, tmp_path: Path, ports: str) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "broker-admin-url").write_text("amqp://a:b@127.0.0.1:1/%2F")
    (tmp_path / "ports.json").write_text(ports)

    done = CliRunner().invoke(command, ["--data", str(tmp_path)])

    assert (done.exit_code, "cannot be read" in done.stderr) == (1, True), done.stderr
