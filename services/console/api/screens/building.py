"""An estimate's draft as a form and back: a field's name is its place in the body: ``options.0.lines.2.qty``."""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.console.adapters.words import Place, said
from services.console.api.screens.forms import amount

Draft = dict[str, Any]  #: texts, as they stand in the form
Kept = dict[tuple[int, str], list[int]]  #: by option and kind of line, where each line of the body stands in the form

KINDS = ("lines", "add_ons")
NUMBERS = ("qty", "unit_price", "discount_percent", "discount_amount", "cost")
LINE = ("description", *NUMBERS, "taxable", "tax_code", "task_code")
RULES = {"discount": ("percent", "amount"), "deposit": ("percent", "amount", "capped")}
PLAIN = ("tax_mode", "prices_include_tax", "member", "valid_until", "notes", "terms")
FLAGS = ("taxable", "capped", "prices_include_tax", "member")
MOST_OPTIONS = 10

_LINE = re.compile(r"options\.(\d{1,2})\.(lines|add_ons)\.(\d{1,4})\.(\w+)")
_OPTION = re.compile(r"options\.(\d{1,2})\.(name|description)")
_AT = re.compile(r"/options/(\d+)/(lines|add_ons)/(\d+)(/.*)?")

LABELS = {
    "name": said("name"),
    "description": said("what"),
    "qty": said("quantity"),
    "unit_price": said("each"),
    "discount_percent": said("percent off"),
    "discount_amount": said("amount off"),
    "cost": said("cost"),
    "tax_code": said("tax code"),
    "task_code": said("task"),
    "percent": said("percent"),
    "amount": said("amount"),
    "valid_until": said("Good until"),
}


def of_record(record: Mapping[str, Any]) -> Draft:
    """The draft as it was saved."""
    draft: Draft = {name: _text(record.get(name)) for name in PLAIN}
    for rule, names in RULES.items():
        draft[rule] = {name: _text((record.get(rule) or {}).get(name)) for name in names}
    draft["options"] = [
        {"name": one["name"], "description": one["description"] or ""}
        | {kind: [{name: _text(line.get(name)) for name in LINE} for line in one[kind]] for kind in KINDS}
        for one in record["options"]
    ]
    return with_figures(draft, record)


def of_form(form: Mapping[str, str]) -> Draft:
    """The draft as it was typed; its parts are numbered anew."""
    draft: Draft = {name: _clean(form.get(name, "")) for name in PLAIN}
    for rule, names in RULES.items():
        draft[rule] = {name: _clean(form.get(f"{rule}.{name}", "")) for name in names}
    options: dict[int, dict[str, Any]] = {}
    for name, value in form.items():
        if found := _OPTION.fullmatch(name):
            options.setdefault(int(found[1]), {})[found[2]] = _clean(value)
        elif (found := _LINE.fullmatch(name)) and found[4] in (*LINE, "total"):
            option = options.setdefault(int(found[1]), {})
            option.setdefault(found[2], {}).setdefault(int(found[3]), {})[found[4]] = _clean(value)
    draft["options"] = [
        {"name": one.get("name", ""), "description": one.get("description", "")}
        | {kind: [dict.fromkeys(LINE, "") | line for _, line in sorted(one.get(kind, {}).items())] for kind in KINDS}
        for _, one in sorted(options.items())
    ]
    return draft


def body(draft: Draft, here: Place) -> tuple[dict[str, Any], Kept]:
    """What the service reads. A line in which nothing stands is none."""
    kept: Kept = {}
    options = []
    for place, one in enumerate(draft["options"]):
        made: dict[str, Any] = {"name": one["name"].strip(), "description": one["description"]}
        for kind in KINDS:
            kept[place, kind] = [number for number, line in enumerate(one[kind]) if not _blank(line)]
            made[kind] = [_line(one[kind][number], here) for number in kept[place, kind]]
        options.append(made)
    rules = {name: _rule(draft[name], here) for name in RULES if draft[name]["percent"] or draft[name]["amount"]}
    plain = {name: draft[name] == "true" if name in FLAGS else draft[name] for name in PLAIN}
    return {"options": options, **rules, **{name: one for name, one in plain.items() if _told(name, one)}}, kept


def _told(name: str, value: Any) -> bool:
    """Terms and notes may be nothing at all; what is left out of the others is as the branch has it."""
    return value != "" or name in ("terms", "notes")


def _line(line: Mapping[str, str], here: Place) -> dict[str, Any]:
    made: dict[str, Any] = {name: amount(line[name], here) for name in NUMBERS if line[name]}
    made |= {name: line[name] for name in ("description", "tax_code", "task_code") if line[name]}
    return {**made, "taxable": line["taxable"] == "true"}


def _rule(rule: Mapping[str, str], here: Place) -> dict[str, Any]:
    made: dict[str, Any] = {name: amount(rule[name], here) for name in ("percent", "amount") if rule[name]}
    return {**made, "capped": True} if rule.get("capped") == "true" else made


def _blank(line: Mapping[str, str]) -> bool:
    return not any(line[name] for name in ("description", "unit_price", "task_code", "cost"))


def with_figures(draft: Draft, record: Mapping[str, Any], kept: Kept | None = None) -> Draft:
    """The same draft with what the service makes of each line beside it."""
    for place, (one, priced) in enumerate(zip(draft["options"], record["options"], strict=True)):
        for kind in KINDS:
            places = kept[place, kind] if kept else range(len(priced[kind]))
            for number, line in zip(places, priced[kind], strict=True):
                one[kind][number]["total"] = str(line["amount"])
    return draft


def faults(problem: Mapping[str, Any], kept: Kept) -> dict[str, str]:
    """What the service says of each field, by the field's name in the form."""
    found: dict[str, str] = {}
    for one in problem.get("errors") or ():
        pointer = str(one.get("pointer") or "").lstrip("?")
        if at := _AT.fullmatch(pointer):
            number = kept[int(at[1]), at[2]][int(at[3])]
            pointer = f"/options/{at[1]}/{at[2]}/{number}{at[4] or ''}"
        name = pointer.strip("/").replace("/", ".")
        name = f"{name}.percent" if name in RULES else name
        found.setdefault(name, str(one.get("detail") or ""))
    return found


def labelled(name: str, draft: Draft) -> str:
    """A field as people say it: ``Better, line 2, each``."""
    parts = name.split(".")
    if parts[0] != "options" or len(parts) < 2:
        return ", ".join(LABELS.get(part, part.replace("_", " ").capitalize()) for part in parts)
    words = [draft["options"][int(parts[1])]["name"] or f"{int(parts[1]) + 1}"]
    if len(parts) > 3:
        words.append(f"{'add-on' if parts[2] == 'add_ons' else 'line'} {int(parts[3]) + 1}")
    return ", ".join([*words, *(LABELS.get(part, part) for part in parts[2::2] if part not in KINDS)])


# -- what a button of the form does to it, nothing being saved


def changed(draft: Draft, do: str, into: int, task: Mapping[str, Any] | None = None) -> tuple[Draft, str]:
    """The draft after ``line:0``, ``add_on:0``, ``option``, ``copy:0``, ``remove:options.0.lines.2`` or ``task:…``,
    and the field to go on at."""
    draft = copy.deepcopy(draft)
    what, _, where = do.partition(":")
    options = draft["options"]
    if what in ("line", "add_on", "task"):
        place = into if what == "task" else _number(where)
        kind = "add_ons" if what == "add_on" else "lines"
        if place >= len(options) or (what == "task" and task is None):
            return draft, ""
        lines = options[place][kind]
        new = _copied(task, draft["member"] == "true") if task else {"qty": "1"}
        if what == "task" and lines and _blank(lines[-1]):
            lines.pop()
        lines.append(dict.fromkeys(LINE, "") | new)
        field = "qty" if task else "description"
        return draft, f"options.{place}.{kind}.{len(lines) - 1}.{field}"
    if what in ("option", "copy") and len(options) < MOST_OPTIONS:
        of = options[_number(where)] if what == "copy" and _number(where) < len(options) else None
        options.append({**copy.deepcopy(of), "name": ""} if of else {"name": "", "description": "", **_one_line()})
        return draft, f"options.{len(options) - 1}.name"
    if what == "remove":
        _remove(options, where.split("."))
    return draft, ""


def _one_line() -> dict[str, Any]:
    return {"lines": [dict.fromkeys(LINE, "") | {"qty": "1"}], "add_ons": []}


def _remove(options: list[Any], path: list[str]) -> None:
    """``options.1`` or ``options.0.lines.2``; the last option stays."""
    place = _number(path[1]) if len(path) > 1 else MOST_OPTIONS
    if place >= len(options):
        return
    if len(path) == 4 and path[2] in KINDS and _number(path[3]) < len(options[place][path[2]]):
        options[place][path[2]].pop(_number(path[3]))
    elif len(path) == 2 and len(options) > 1:
        options.pop(place)


def _copied(task: Mapping[str, Any], member: bool) -> dict[str, str]:
    price = task["member_price"] if member and task.get("member_price") else task["unit_price"]
    text = f"{task['name']}\n{task['description']}" if task.get("description") else task["name"]
    names = ("taxable", "tax_code", "cost")
    return {
        "task_code": task["code"],
        "description": text,
        "qty": "1",
        "unit_price": _text(price),
        **{name: _text(task.get(name)) for name in names},
    }


def names(draft: Draft) -> Iterator[str]:
    """Every field of the form, by name."""
    yield from PLAIN
    for rule, parts in RULES.items():
        yield from (f"{rule}.{part}" for part in parts)
    for place, one in enumerate(draft["options"]):
        yield from (f"options.{place}.{part}" for part in ("name", "description"))
        for kind in KINDS:
            yield from (f"options.{place}.{kind}.{n}.{part}" for n in range(len(one[kind])) for part in LINE)


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 5 else 10_000


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return "" if value is None else str(value)


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
