"""A form made from the shape of a body, as its owner's OpenAPI document has it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from libs.common import formatting
from services.console.adapters import words

Schema = Mapping[str, Any]
Form = MultiDict[str, str]
LONG = 2000  #: a text that may be as long gets a box
SPARE = 2  #: empty rows at the end of a table, to add to it
TYPED = ("text", "area", "whole", "lines", "any")


@dataclass(frozen=True)
class Part:
    """One control with its value; ``parts`` are a group's, ``rows`` a table's, each with its own parts."""

    at: str
    label: str
    kind: str
    value: Any = ""
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    error: str = ""
    parts: tuple["Part", ...] = ()
    rows: tuple["Row", ...] = ()

    @property
    def handle(self) -> str:
        return self.at.replace(".", "-")

    @property
    def faulty(self) -> Iterator["Part"]:
        """Every control in it of which something is said to be wrong, in their order."""
        if self.error:
            yield self
        for one in (*self.parts, *(inner for row in self.rows for inner in row.parts)):
            yield from one.faulty

    @property
    def flat(self) -> bool:
        """Fits into the row of a table."""
        return all(one.kind not in ("group", "table", "many", "lines") for row in self.rows for one in row.parts)


@dataclass(frozen=True)
class Row:
    at: str
    parts: tuple[Part, ...]
    spare: bool = False
    place: str = ""  #: that was typed; else it is where it stands
    gone: bool = False  #: ticked to be removed

    @property
    def name(self) -> str:
        """What a folded row is called by: the longest of its texts."""
        return max((str(one.value) for one in self.parts if one.kind in ("text", "area")), key=len, default="")


@dataclass
class Taken:
    """What was read from a form; ``rows`` says for each table which of the form's rows became which of the body's."""

    body: Any = None
    rows: dict[str, list[str]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    as_it_stands: bool = False  #: rows stay where they are, to be shown once more: nothing is moved or removed yet


@dataclass(frozen=True)
class Shape:
    """A body's schema, with the document's others to look references up in."""

    schema: Schema
    known: Mapping[str, Schema]

    @classmethod
    def of(cls, document: Mapping[str, Any], name: str) -> "Shape":
        known = document["components"]["schemas"]
        return cls(known[name], known)

    def parts(self, value: Any, errors: Mapping[str, str], form: Form) -> tuple[Part, ...]:
        """The form with these values; places and removals as they stand in ``form``, where one was refused."""
        return self._group(self.schema, value or {}, "", errors, form)

    def read(self, form: Form, *, as_it_stands: bool = False) -> Taken:
        taken = Taken(as_it_stands=as_it_stands)
        taken.body = self._read_group(self.schema, form, "", "", taken) or {}
        return taken

    # -- showing

    def _plain(self, schema: Schema) -> Schema:
        """Without its reference, and without the null that it may be. What may be of several kinds is of any."""
        if "$ref" in schema:
            return self._plain(self.known[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            kinds = [one for one in schema["anyOf"] if one.get("type") != "null"]
            return self._plain(kinds[0]) if len(kinds) == 1 else {}
        return schema

    def _kind(self, schema: Schema) -> str:
        types = schema.get("type", ())
        types = [types] if isinstance(types, str) else list(types)
        if "enum" in schema:
            return "choice"
        if "array" in types:
            inner = self._plain(schema.get("items", {}))
            return "table" if "properties" in inner else "many" if "enum" in inner else "lines"
        if "properties" in schema:
            return "group"
        kinds = {"boolean": "yes", "integer": "whole", "number": "text", "string": "text"}
        found = next((kinds[one] for one in types if one in kinds), "any")
        return "area" if found == "text" and LONG <= schema.get("maxLength", 0) < 10_001 else found

    def _group(self, schema: Schema, value: Any, at: str, errors: Mapping[str, str], form: Form) -> tuple[Part, ...]:
        needed = schema.get("required", ())
        given = value if isinstance(value, Mapping) else {}
        return tuple(
            self._part(self._plain(inner), given.get(name), name, f"{at}{name}", name in needed, errors, form)
            for name, inner in schema["properties"].items()
        )

    def _part(
        self, schema: Schema, value: Any, name: str, at: str, needed: bool, errors: Mapping[str, str], form: Form
    ) -> Part:
        kind, inner = self._kind(schema), self._plain(schema.get("items", {}))
        parts: tuple[Part, ...] = ()
        rows: tuple[Row, ...] = ()
        if kind == "group":
            parts = self._group(schema, value, f"{at}.", errors, form)
        elif kind == "table":
            every = [*(value or ()), *({} for _ in range(SPARE))]
            rows = tuple(
                Row(
                    f"{at}.{n}",
                    self._group(inner, one, f"{at}.{n}.", errors, form),
                    n >= len(every) - SPARE,
                    form.get(f"{at}.{n}.place", ""),
                    f"{at}.{n}.gone" in form,
                )
                for n, one in enumerate(every)
            )
        choices = tuple(
            (one, formatting.plain(one.rpartition(".")[2]))
            for one in (inner if kind == "many" else schema).get("enum", ())
            if one
        )
        label = formatting.plain(name.removesuffix("_id"))
        return Part(at, label, kind, _shown(kind, value), needed, choices, errors.get(at, ""), parts, rows)

    # -- reading

    def _read_group(self, schema: Schema, form: Form, at: str, sent: str, taken: Taken) -> dict[str, Any] | None:
        found = {
            name: self._read(self._plain(inner), form, f"{at}{name}", f"{sent}{name}", taken)
            for name, inner in schema["properties"].items()
        }
        kept = {name: value for name, value in found.items() if value is not None}
        return kept or None

    def _read(self, schema: Schema, form: Form, at: str, sent: str, taken: Taken) -> Any:
        kind = self._kind(schema)
        if kind == "group":
            found = self._read_group(schema, form, f"{at}.", f"{sent}.", taken)
            return None if found is None or not any(one not in (False, []) for one in found.values()) else found
        if kind == "table":
            return self._read_table(schema, form, at, sent, taken)
        if kind == "many":
            return form.getlist(at)
        text = form.get(at, "").strip()
        if kind == "yes":
            return bool(text)
        if kind == "lines":
            lines = [_scalar(line.strip()) if "type" not in schema["items"] else line.strip()
                     for line in text.splitlines() if line.strip()]  # fmt: skip
            return lines or (None if schema.get("minItems") else lines)  # one that may not be empty is left out
        if not text:
            return None
        if kind == "whole":
            try:
                return int(text.removesuffix("%"))
            except ValueError:
                taken.wrong[at] = words.said("is not a whole number")
                return None
        return _scalar(text) if kind == "any" else text.replace("\r\n", "\n")

    def _read_table(self, schema: Schema, form: Form, at: str, sent: str, taken: Taken) -> list[Any]:
        """Its rows in the order of their places; one that was given up, or never filled in, is none."""
        inner = self._plain(schema["items"])
        count = int(form.get(f"{at}.rows", "0") or 0)
        filled = [n for n in range(min(count, 500)) if self._filled(inner, form, f"{at}.{n}.")]
        rows = [n for n in filled if not form.get(f"{at}.{n}.gone")]
        rows.sort(key=lambda n: (_place(form.get(f"{at}.{n}.place", ""), n), n))
        if taken.as_it_stands:
            rows = [*range(max(filled, default=-1) + 1)]
        taken.rows[sent] = [f"{at}.{n}" for n in rows]
        return [
            self._read_group(inner, form, f"{at}.{n}.", f"{sent}.{place}.", taken) or {} for place, n in enumerate(rows)
        ]

    def _filled(self, schema: Schema, form: Form, at: str) -> bool:
        """Something was typed into it; what is chosen or ticked alone makes no row."""
        kinds = {name: self._kind(self._plain(inner)) for name, inner in schema["properties"].items()}
        typed = any(form.get(f"{at}{name}", "").strip() for name, kind in kinds.items() if kind in TYPED)
        return typed or any(form.getlist(f"{at}{name}") for name, kind in kinds.items() if kind == "many")


def _shown(kind: str, value: Any) -> Any:
    if kind in ("group", "table"):
        return ""
    if kind == "many":
        return [str(one) for one in value or ()]
    if kind == "lines":
        return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in value or ())
    if kind == "any":
        return "" if value is None else value if isinstance(value, str) else json.dumps(value)
    if kind == "yes":
        return bool(value)
    return "" if value is None else str(value)


def _scalar(text: str) -> Any:
    """yes, no and numbers are what they say; everything else is text."""
    said = {"true": True, "yes": True, "false": False, "no": False}.get(text.lower())
    if said is not None:
        return said
    try:
        return int(text)
    except ValueError:
        return text


def _place(text: str, otherwise: int) -> float:
    try:
        return float(text)
    except ValueError:
        return float(otherwise + 1)


def faults(problem: Mapping[str, Any], taken: Taken) -> tuple[dict[str, str], list[str]]:
    """What the owner says of the body, at the form's own rows; and what is of no control."""
    at: dict[str, str] = {}
    others: list[str] = []
    for fault in problem.get("errors") or ():
        path = ""
        for part in str(fault.get("pointer") or "").strip("/").split("/"):
            rows = taken.rows.get(path, ())
            inside = part.isdigit() and int(part) < len(rows)
            path = rows[int(part)] if inside else f"{path}.{part}".strip(".")
        text = str(fault.get("detail") or "")
        if path and path not in at:
            at[path] = text
        else:
            others.append(labelled(path, text) if path else text)
    return at, others or ([] if at else [str(problem.get("detail") or words.said("That was refused."))])


def labelled(path: str, text: str) -> str:
    """What is wrong, for who does not see its control."""
    return f"{formatting.plain(path.rpartition('.')[2])}: {text}"


def typed(shape: Shape, form: Form) -> Any:
    """What stands in the form, as values to show again: rows where they were, also those that were given up."""
    return shape.read(form, as_it_stands=True).body
