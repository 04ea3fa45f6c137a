"""What `up` says of a folder before it starts there."""

from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from commands import up


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
