"""What `up` says of a folder before it starts there."""

import resource
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from commands import up
from commands.distributed.ports import kept_ports


@pytest.mark.parametrize(
    ("there", "mode", "said"),
    [
        (["leads.db"], ["--distributed"], "has records of `./plumbline up`, too"),
        (["postgres", "rabbit"], [], "has records of `./plumbline up --distributed`, too"),
        (["leads.db"], [], ""),
        (["postgres", "rabbit"], ["--distributed"], ""),
        ([], [], ""),
        ([], ["--distributed"], ""),
    ],
)
def test_who_starts_the_other_mode_in_a_folder_hears_that_it_has_other_records(
    tmp_path: Path, there: list[str], mode: list[str], said: str
) -> None:
    for name in there:
        (tmp_path / name).mkdir()

    with patch.object(up, "run_embedded"), patch("commands.distributed.run"):
        done = CliRunner().invoke(up.command, ["--data", str(tmp_path), *mode])

    assert done.exit_code == 0
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == bool(said)


def test_ports_that_find_no_room_stay_what_they_were(tmp_path: Path) -> None:
    before = kept_ports(tmp_path / "ports.json", ["amqp"])
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, usual[1]))  # as on a disk that is full
    try:
        with pytest.raises(OSError, match="too large"):
            kept_ports(tmp_path / "ports.json", ["amqp", "management"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert kept_ports(tmp_path / "ports.json", ["amqp"]) == before
