"""What a command cannot work with ends it with a line and a code, before anything is made."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from commands import ROOT, events
from libs.common.signingkey import signing_key
from libs.local.ports import free_port


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("events", "tail", "--amqp-url", "nonsense"), "is no address such as"),
        (("events", "tail", "--amqp-url", "amqp://x:99999999"), "is no address such as"),
        (("events", "tail", "--amqp-url", "http://x"), "is no address such as"),
        (
            ("events", "tail", "--amqp-url", "amqp://127.0.0.1:1", "--from", "9999-12-31T23:59:59-14:00"),
            "no time such as",
        ),
        (("events", "tail", "--type", "bookings.#"), "means no fact there is; possible: plumbline.lead.#, "),
        (("events", "tail", "--type", "plumbline.booking.asigned.v1"), "plumbline.booking.assigned.v1"),
        (("events", "tail", "--type", "booking.*"), "plumbline.booking.assigned.v1"),
        (("replay", "--service", "leads", "--since", "9999-12-31T23:59:59-14:00"), "is no time such as"),
        (("replay", "--service", "leads", "--since", "0001-01-01T00:00:00+14:00"), "is no time such as"),
        (("secrets", "--broker", ""), "is no host and port such as"),
        (("secrets", "--broker", "mq.example.com"), "is no host and port such as"),
        (("secrets", "--broker", "mq.example.com:99999999"), "is no host and port such as"),
        (("secrets", "--database", "me@db:5432"), "is no host and port such as"),
        (("leads", "import", "/dev/zero"), "is no file on a disk"),
        (("demo", "--leads", "/dev/zero"), "is no file on a disk"),
        (("up", "--data", ""), "names no folder"),
        (("secrets", "--into", ""), "names no folder"),
        (("parked", "list", "--data", ""), "names no folder"),
    ],
)
def test_what_makes_no_sense_is_used_wrongly_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if words[0] == "secrets" and "--into" not in words:
        words = (*words, "--into", "here")

    done = CliRunner().invoke(import_module(f"commands.{words[0]}").command, words[1:])

    assert (done.exit_code, said in done.output) == (2, True), done.output
    assert list(tmp_path.iterdir()) == []


ASKING = (
    "parked list", "replay --service leads --since 1h", "audit", "events tail", "subscribers list", "topology",
    "rebuild --service leads", f"leads import {__file__}",
)  # fmt: skip


@pytest.mark.parametrize("words", ASKING)
def test_who_asks_a_distributed_system_that_does_not_run_is_told_how_to_start_that_one(
    tmp_path: Path, words: str
) -> None:
    """They were told of `up`, which makes another, empty system in the same folder; or of a broker's address alone."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "broker-admin-url").write_text("amqp://plumbline:a-long-password@127.0.0.1:1/%2F")
    (tmp_path / "secrets" / "broker-passwords").write_text("leads=a-long-password-of-leads")
    (tmp_path / "ports.json").write_text('{"management": 1}')
    signing_key(tmp_path / "signing-key.pem")
    (tmp_path / "running.json").write_text('{"url": "http://127.0.0.1:1", "embedded": false}')

    first, *rest = words.split()
    done = CliRunner().invoke(import_module(f"commands.{first}").command, [*rest, "--data", str(tmp_path)])

    assert (done.exit_code, len(done.output.splitlines())) == (3, 1), done.output
    assert "./plumbline up --distributed" in done.output


@pytest.mark.parametrize("words", [[], ["--distributed"]])
def test_a_misspelt_setting_ends_a_system_before_it_begins(tmp_path: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "commands", "up", *words, "--port", str(free_port()), "--data", tmp_path / "data"]
    env = {**os.environ, "PLUMBLINE_OUTBOX_KEEP_DAY": "30"}

    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert (done.returncode, "did you mean PLUMBLINE_OUTBOX_KEEP_DAYS" in done.stderr) == (2, True), done.stderr


def test_a_broker_that_is_named_in_a_file_as_in_a_container_is_the_one_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "address").write_text("amqp://plumbline:a-long-password@127.0.0.1:1/%2F\n")
    told = {"PLUMBLINE_AMQP_URL_FILE": str(tmp_path / "address")}

    done = CliRunner().invoke(events.command, ["tail", "--no-follow", "--data", str(tmp_path)], env=told)
    missing = CliRunner().invoke(events.command, ["tail"], env={"PLUMBLINE_AMQP_URL_FILE": str(tmp_path / "none")})

    assert (done.exit_code, "RabbitMQ cannot be reached" in done.output) == (3, True), done.output
    assert (missing.exit_code, "cannot be read" in missing.output) == (2, True), missing.output


SPOILT = {
    "a key that is none": ("signing-key.pem", "none", ["token --role admin", "parked list", "leads import"]),
    "a broker that is none": ("secrets/broker-admin-url", "none", ["events tail"]),
    "a note of what runs that is none": (
        "running.json",
        "[]",
        ["parked list", "events tail", "rebuild --service leads"],
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_folder_that_was_spoilt_is_told_in_a_line(tmp_path: Path, what: str) -> None:
    name, content, commands = SPOILT[what]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(content)

    for words in commands:
        first, *rest = words.split()
        rest = [*rest, __file__] if rest == ["import"] else rest
        done = CliRunner().invoke(import_module(f"commands.{first}").command, [*rest, "--data", str(tmp_path)])
        assert isinstance(done.exception, SystemExit), words
        assert (done.exit_code in (2, 3), len(done.output.splitlines())) == (True, 1), done.output


def test_that_what_is_said_finds_no_room_is_said_in_a_line() -> None:
    with Path("/dev/full").open("w") as full:
        asked = [sys.executable, "-m", "commands", "config", "example"]
        done = subprocess.run(asked, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)

    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        ["plumbline: what it says cannot be written: No space left on device"],
    )
