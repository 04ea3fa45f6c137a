"""What a Prometheus is told by an api of several processes, started as its container starts it."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commands import ROOT
from libs.local.ports import free_port
from tests.system.distributed_world import until

ASKED = re.compile(r'^plumbline_http_request_seconds_count\{.*/livez".*\} (\S+)$', re.MULTILINE)
STARTS_S = 60


@contextmanager
def started(place: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Three processes of leads, whose database is still away; where they answer."""
    bind, env = f"127.0.0.1:{free_port()}", {key: os.environ[key] for key in os.environ if "PLUMBLINE_" not in key}
    told = {"DATABASE_URL": "postgresql://leads:x@127.0.0.1:9/leads", "JWKS_URL": "http://127.0.0.1:9/jwks"}
    told |= {"BIND": bind, "WEB_WORKERS": "3"}
    env |= {f"PLUMBLINE_{key}": value for key, value in told.items()} | {"TMPDIR": str(place)}
    process = subprocess.Popen([sys.executable, "-m", "services.leads", "api"], env=env, cwd=ROOT)
    try:
        until(lambda: answered(f"http://{bind}/api/v1/leads/metrics"), "it answers", STARTS_S)
        yield process, f"http://{bind}/api/v1/leads"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[str]:
    with started(tmp_path) as (process, url):
        yield url
        process.terminate()
        assert process.wait(STARTS_S) == 0
        assert folders(tmp_path) == set()


def folders(place: Path) -> set[Path]:
    """Where apis count together."""
    return set(place.glob("plumbline-metrics-*"))


def answered(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def test_whichever_process_of_an_api_is_asked_counts_the_requests_of_all(api: str) -> None:
    """Each told its own, so that the sum of a service's requests went up and down at random."""
    for _ in range(40):
        assert answered(f"{api}/livez")

    told = [ASKED.findall(answered(f"{api}/metrics")) for _ in range(20)]

    assert told == [["40.0"]] * 20


def test_what_an_api_counted_that_was_killed_is_cleared_up_by_the_next_one_and_nobody_elses(tmp_path: Path) -> None:
    """Each that was killed left a folder, which nobody read, for good."""
    with started(tmp_path):
        killed = folders(tmp_path)
    assert folders(tmp_path) == killed != set()

    with started(tmp_path) as (_, other):
        [living] = folders(tmp_path) - killed
        with started(tmp_path):
            now = folders(tmp_path)
            assert (len(now), living in now, killed & now) == (2, True, set())
            assert "plumbline_http_request_seconds_count" in answered(f"{other}/metrics")
