"""Freezes what is new in the contract: ``python -m tests.contract.freeze``.

A fact or command without a sample or a schema gets them, and a schema takes in fields that were added with a default.
The envelope of all facts is held the same way. Nothing that was frozen is ever changed. (A fact that no release has had
yet may change: delete its two files and freeze it again.)
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from libs.common.contracts.catalogue import command_schema, envelope_schema, facts, schema
from libs.common.contracts.commands import COMMANDS
from tests.contract.examples import envelope, wish

HERE = Path(__file__).parent
SAMPLES, SCHEMAS = HERE / "samples", HERE / "schemas"
ASKED = HERE / "commands"  #: samples and schemas of what other systems ask
ENVELOPE = "envelope"
WORDS = {"title", "description", "$id", "$schema"}  # what a person reads; it may be put better at any time


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What readers or publishers of yesterday could not live with, each with its place."""
    return list(_breaks(old, new, old, new, ""))


def _breaks(old: Any, new: Any, was: dict[str, Any], now: dict[str, Any], at: str) -> Iterator[str]:
    old, new = _followed(old, was), _followed(new, now)
    if "properties" in old and "properties" in new:
        yield from _fields_break(old, new, was, now, at)
        return
    for key in sorted((set(old) | set(new)) - WORDS - {"$defs"}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _breaks(before, after, was, now, f"{at}/*")
        elif key == "anyOf" and before and after and len(before) == len(after):
            for one, other in zip(before, after, strict=True):
                yield from _breaks(one, other, was, now, at)
        elif before != after:
            yield f"{at} has another {key}: {before!r} became {after!r}"


def _fields_break(old: Any, new: Any, was: dict[str, Any], now: dict[str, Any], at: str) -> Iterator[str]:
    for name, field in old["properties"].items():
        if name not in new["properties"]:
            yield f"{at}/{name} is gone"
        else:
            yield from _breaks(field, new["properties"][name], was, now, f"{at}/{name}")
    for name in sorted(set(new["required"]) - set(old["required"])):
        yield f"{at}/{name} is {'now' if name in old['properties'] else 'new and'} required"
    for name in sorted((set(old["required"]) - set(new["required"])) & set(new["properties"])):
        yield f"{at}/{name} may now be missing"


def _followed(node: Any, whole: dict[str, Any]) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        node = {**whole["$defs"][node["$ref"].rpartition("/")[2]], **{k: v for k, v in node.items() if k != "$ref"}}
    return node


def frozen(folder: Path, name: str) -> dict[str, Any] | None:
    path = folder / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def documents() -> dict[Path, dict[str, Any]]:
    """Every schema that others rely on as it is today, by the file that it is frozen in."""
    said = {SCHEMAS / f"{fact.name}.json": schema(fact) for fact in facts()}
    asked = {ASKED / "schemas" / f"{name}.json": command_schema(name) for name in COMMANDS}
    return {HERE / f"{ENVELOPE}.json": envelope_schema()} | said | asked


def examples() -> dict[Path, dict[str, Any]]:
    """A whole message of each fact and command, by the file that it is frozen in."""
    said = {SAMPLES / f"{fact.name}.json": envelope(fact, number) for number, fact in enumerate(facts())}
    return said | {ASKED / "samples" / f"{name}.json": wish(name) for name in COMMANDS}


def main() -> int:
    failed = 0
    for path, after in documents().items():
        before = frozen(path.parent, path.stem)
        if before is not None and (wrong := breaks(before, after)):
            sys.stderr.write(f"{path.stem}: {'; '.join(wrong)}. Publish a .v2 beside it.\n")
            failed = 1
        elif before != after:
            _write(path, after)
    for path, example in examples().items():
        if not path.exists():
            _write(path, example)
    return failed


def _write(path: Path, value: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(f"froze {path.relative_to(HERE)}\n")


if __name__ == "__main__":
    sys.exit(main())
