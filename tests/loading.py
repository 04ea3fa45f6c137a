"""Workers begin to load the tests at different places, so that each finds compiled what the others came to first.

In a fresh checkout pytest compiles each module of tests, with its asserts: all of them did so, one beside the other.
"""

import contextlib
import importlib
import os

import pytest

from commands import ROOT


def load(config: pytest.Config) -> None:
    """Of a worker, and where everything is asked for: the others load what they are asked for."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker or config.option.file_or_dir:
        return
    names = [".".join(one.relative_to(ROOT).with_suffix("").parts) for one in sorted(ROOT.glob("tests/**/test_*.py"))]
    place = len(names) * int(worker.removeprefix("gw")) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for name in names[place:] + names[:place]:
        with contextlib.suppress(Exception, pytest.skip.Exception):  # pytest itself will come to it, and say so
            importlib.import_module(name)
