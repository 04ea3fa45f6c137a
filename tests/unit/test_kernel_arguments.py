"""Time, ids, chance and threads are handed to the kernel: only so can tests/simulation own them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import ROOT

KERNEL = (
    "audit", "consumer", "flushing", "idempotency", "inprocess", "intake", "parked", "parking", "positions", "relay",
    "skipping", "standalone", "statements", "store", "timers", "tx",
)  # fmt: skip
OWNED = {"asyncio", "os", "random", "secrets", "threading", "time"}
MADE = {"uuid1", "uuid4", "uuid6", "uuid7", "utc_now", "getrandbits", "token_bytes", "urandom"}
READ = {"now", "utcnow", "today"}  #: of datetime and date


def own_ways(tree: ast.AST) -> Iterator[str]:
    """What a module takes for itself that it should be given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
            yield from (f"line {node.lineno} imports {name}" for name in names if name.partition(".")[0] in OWNED)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            of, _, last = called.rpartition(".")
            if last in MADE or (last in READ and of.rpartition(".")[2] in ("datetime", "date")):
                yield f"line {node.lineno} calls {called}"


@pytest.mark.parametrize("name", KERNEL)
def test_the_kernel_takes_no_time_chance_id_or_thread_for_itself(name: str) -> None:
    tree = ast.parse(Path(ROOT, "libs", "common", f"{name}.py").read_text())
    tree.body = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name == "utc_now")]

    assert list(own_ways(tree)) == []  # utc_now is what a Store is given where nothing else is


def test_a_module_that_helps_itself_is_seen() -> None:
    helped = "import time\nfrom random import choice\nnow = datetime.datetime.now(UTC)\nident = uuid7()\nfine = tx.now"

    assert len(list(own_ways(ast.parse(helped)))) == 4
