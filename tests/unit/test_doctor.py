"""What the doctor says, and when it says that something must be done first."""

import pytest
from click.testing import CliRunner

from commands import doctor
from commands.doctor import Finding


def ill() -> Finding:
    return Finding("browser", "chromium: nowhere", "install chromium")


def well() -> Finding:
    return Finding("disk", "9.0 GB free")


@pytest.mark.parametrize(("needed", "for_tests", "code"), [(well, ill, 0), (ill, well, 3), (well, well, 0)])
def test_only_what_the_system_needs_must_be_put_right_before_it_runs(
    monkeypatch: pytest.MonkeyPatch, needed: doctor.Look, for_tests: doctor.Look, code: int
) -> None:
    monkeypatch.setattr(doctor, "LOOKS", [needed])
    monkeypatch.setattr(doctor, "FOR_TESTS", [for_tests])
    done = CliRunner().invoke(doctor.command)
    assert done.exit_code == code
    assert ("install chromium (for ./plumbline test only)" in done.output) == (for_tests is ill)
