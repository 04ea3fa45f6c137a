"""The OpenAPI 3.1 document of a service, all from the endpoints' rules and schemas."""

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from marshmallow import Schema, fields
from werkzeug.routing import Rule as Route

from libs.common.contracts.schemas import exact
from libs.common.schema.groups import Raw
from libs.common.schema.listing import Page
from libs.common.schema.numbers import Number
from libs.common.web.context import JSON, LINK, PUBLIC, Edge, Rule
from libs.common.web.openapi_words import (
    ABOUT,
    AS_IT_IS,
    BEARER,
    BOUNDS,
    FILE,
    HEADERS,
    NEVER_NULL,
    PROBLEM,
    PROBLEMS,
    REFUSED_WITH,
)

VERSION = "1"
TEXT = {"type": "string"}


def document(app: Flask) -> dict[str, Any]:
    """Every route of the app."""
    edge: Edge = app.extensions["plumbline.edge"]
    views: dict[str, Any] = dict(app.view_functions)
    every = [(route, views[route.endpoint].rule) for route in app.url_map.iter_rules()]
    routes = [(route, rule) for route, rule in every if not rule.page]
    plugin = MarshmallowPlugin()
    about, tags = {"description": ABOUT}, [{"name": edge.service.name, "description": edge.service.title}]
    here = [{"url": "/", "description": "The host that tells this."}]
    spec = APISpec(edge.service.title, VERSION, "3.1.0", plugins=[plugin], info=about, tags=tags, servers=here)
    assert plugin.converter is not None
    shown = {kind for _, rule in routes for kind in _parts(rule.answer)}
    taken = {kind for _, rule in routes for kind in _parts(rule.body)}
    _teach(plugin.converter, shown - taken)
    spec.components.security_scheme("bearer", BEARER)
    spec.components.schema("Problem", PROBLEM)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, text in PROBLEMS.items():
        headers = _told(REFUSED_WITH.get(status, {}))
        spec.components.response(f"Problem{status}", {"description": text, "content": content, **headers})
    for name, part in _carried(shown).items():
        spec.components.schema(name, part)
    tagged = {rule.answer for _, rule in routes if rule.edits}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one schema used whole and in part gets two names; that is well
        for route, rule in routes:
            methods = sorted((route.methods or set()) - {"HEAD", "OPTIONS"})
            has_tag = rule.answer in tagged or (rule.answer is not None and "version" in rule.answer().fields)
            operations = {
                method.lower(): _operation(edge, route, rule, method, has_tag=has_tag and not rule.many)
                for method in methods
            }
            spec.path(re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", route.rule), operations=operations)
        said: dict[str, Any] = spec.to_dict()
    for key, name in plugin.converter.refs.items():
        if key[0] in shown - taken:
            schema = said["components"]["schemas"][name]
            schema.pop("additionalProperties", None)  # the next version may show more
            least = getattr(key[0], "least", key[0])  # some people are shown less; what is not known is null
            schema["required"] = sorted(one.data_key or name for name, one in least().dump_fields.items())
    return said


def _operation(edge: Edge, route: Route, rule: Rule, method: str, *, has_tag: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": operation_id(route.rule, method, many=rule.many, makes=rule.status == 201),
        "summary": rule.summary,
        **({"description": rule.more} if rule.more else {}),
        "tags": [edge.service.name],
        "x-permission": list(rule.permissions) or [rule.may],
        "security": [] if rule.may in (PUBLIC, LINK) else [{"bearer": []}],
        "parameters": [*_path(route, rule), *_headers(rule, method, has_tag=has_tag)],
        "responses": {
            **{str(status): _good(rule) | _beside(rule, method, status, has_tag) for status in _done(rule, method)},
            **({"304": {"description": "The caller has this version."}} if has_tag and method == "GET" else {}),
            **{str(status): f"Problem{status}" for status in _possible(rule, method)},
        },
    }
    if rule.query is not None:
        said["parameters"].append({"in": "query", "schema": rule.query})
    if rule.body is not None:
        kind = "multipart/form-data" if rule.upload else "application/json"
        said["requestBody"] = {"required": rule.upload or _asks(rule.body), "content": {kind: {"schema": rule.body}}}
    return said


def operation_id(path: str, method: str, *, many: bool, makes: bool) -> str:
    """What a client calls it, all from its address: a client that is made anew keeps its names wherever our code lies.

    ``lead_assign``, ``leads_list``, ``leads_create``, ``lead_contact_attempts_list``, ``estimate_draft_put``.
    """
    words: list[str] = []
    for step in path.removeprefix("/api/v1").strip("/").split("/"):
        if step.startswith("<"):
            words[-1] = _one_of(words[-1])
        else:
            file = step.removeprefix(f"{words[-1]}.") if words else step  # /leads/<id>/lead.pdf
            words.append(re.sub(r"\W+", "_", file))
    act = {"GET": "list" if many else "get", "PUT": "put", "PATCH": "update"}.get(method, "create" if makes else "")
    return "_".join((*words, act)).rstrip("_")


def _one_of(many: str) -> str:
    """One of those: a step of an address that an id follows."""
    odd = {"people": "person", "branches": "branch"}
    return odd.get(many) or re.sub(r"s$", "", re.sub(r"ies$", "y", many))


def _asks(body: type[Schema]) -> bool:
    """Whether there is something that a body must say."""
    return any(one.required for one in body().load_fields.values())


def _path(route: Route, rule: Rule) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {
                "type": "string",
                **({"format": "uuid"} if f"<uuid:{name}>" in route.rule else {}),
                **({"enum": [*rule.names]} if name == "name" and rule.names else {}),
            },
        }
        for name in sorted(route.arguments)
    ]


def _headers(rule: Rule, method: str, *, has_tag: bool) -> list[dict[str, Any]]:
    found: list[tuple[str, bool, str, dict[str, Any]]] = []
    if has_tag and method == "GET":
        found.append(("If-None-Match", False, "The ETag that the caller has; the same is not sent again.", TEXT))
    if rule.edits or (method == "POST" and has_tag and rule.status == 200):
        found.append(("If-Match", rule.edits, "The ETag of the record as it was read.", TEXT))
    if method == "POST" and rule.idempotent:
        text = "The same key and body again get the first answer, without a second effect."
        found.append(("Idempotency-Key", False, text, {"type": "string", "minLength": 1, "maxLength": 255}))
    return [
        {"name": name, "in": "header", "required": needed, "description": text, "schema": schema}
        for name, needed, text, schema in found
    ]


def _beside(rule: Rule, method: str, status: int, has_tag: bool) -> dict[str, Any]:
    """The headers of success."""
    told = {
        "Content-Disposition": rule.may != PUBLIC and not {*rule.kinds} <= {JSON, "text/calendar"},
        "ETag": has_tag,
        "Idempotency-Replayed": method == "POST" and rule.idempotent,
        "Link": rule.query is not None and issubclass(rule.query, Page) and rule.many,
        "Location": status == 201 and rule.idempotent,
    }
    return _told({name: HEADERS[name] for name, holds in told.items() if holds})


def _told(headers: Mapping[str, str]) -> dict[str, Any]:
    named = {name: {"description": text, "schema": TEXT} for name, text in headers.items()}
    return {"headers": named} if named else {}


def _good(rule: Rule) -> dict[str, Any]:
    others: dict[str, Any] = {kind: AS_IT_IS.get(kind, FILE) for kind in rule.kinds}
    if rule.answer is None:
        return {"description": "Done.", **({"content": others} if others else {})}
    schema: Any = rule.answer
    if rule.many:
        following = {"type": ["string", "null"], "description": "The cursor of the next page."}
        properties = {"items": {"type": "array", "items": rule.answer}, "next": following}
        schema = {"type": "object", "required": ["items", "next"], "properties": properties}
    content = {JSON: {"schema": schema}, **{kind: one for kind, one in others.items() if kind != JSON}}
    return {"description": "Done.", "content": content}


def _done(rule: Rule, method: str) -> list[int]:
    """The statuses of success: a PUT without a version makes what is not there yet."""
    return sorted({rule.status, 201} if _makes(rule, method) else {rule.status})


def _makes(rule: Rule, method: str) -> bool:
    return method == "PUT" and not rule.edits


def _possible(rule: Rule, method: str) -> list[int]:
    """The problems this operation may answer with."""
    found = {404, 422, 429, 503}
    if rule.may != LINK and (rule.may != PUBLIC or method != "GET"):
        found.add(401)  # signing in, too, is refused so
    if rule.permissions:
        found.add(403)
    if method != "GET":
        found |= {400, 409, 412, 413, 415}
    if rule.edits or _makes(rule, method):
        found.add(428)
    if rule.may == LINK:
        found.add(410)
    return sorted(found)


def _parts(kind: type[Schema] | None) -> set[type[Schema]]:
    """The schema and those inside it."""
    if kind is None:
        return set()
    found = {kind}
    for one in kind().fields.values():
        inner = one.inner if isinstance(one, fields.List) else one
        if isinstance(inner, fields.Nested):
            found |= _parts(type(inner.schema))
    return found


def _teach(converter: OpenAPIConverter, answers: set[type[Schema]]) -> None:
    """Our fields describe themselves. In answers most of them may be null, and none has bounds: those are of what is
    taken in.
    """

    def described(field: fields.Field[Any], **_more: Any) -> dict[str, Any]:
        return field.described() if hasattr(field, "described") else {}

    def shown(field: fields.Field[Any], ret: dict[str, Any]) -> dict[str, Any]:
        if type(field.root) in answers:  # what is in a list has its list for a parent
            for bound in BOUNDS:
                ret.pop(bound, None)
            if isinstance(field, Number):
                ret["pattern"] = field.pattern("-?")
            if field.parent is field.root and not (field.required or field.name in NEVER_NULL or _many(field)):
                _or_null(ret)
        return {}

    def choice(field: fields.Field[Any], ret: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - apispec names both
        """A choice that may be null is a choice, or null: few generators make something good of both in one."""
        if "enum" in ret and isinstance(ret.get("type"), list):
            one = {"type": "string", "enum": [value for value in ret.pop("enum") if value is not None]}
            ret.pop("type"), ret.pop("maxLength", None)
            ret["anyOf"] = [one, {"type": "null"}]
        return {}

    converter.attribute_functions.insert(0, described)
    converter.attribute_functions += [shown, choice]


def _carried(shown: set[type[Schema]]) -> dict[str, Any]:
    """Parts of facts that answers carry, by name. Each field of them may be missing or null: they are older than we."""
    likes = [
        field.like for kind in shown for field in _leaves(kind) if isinstance(field, Raw) and field.like is not None
    ]
    _, parts = msgspec.json.schema_components(likes, ref_template="#/components/schemas/{name}")
    for part in parts.values():
        part.pop("required", None)
        part["properties"] = {name: _loose(one) for name, one in part["properties"].items()}
    return {name: exact(part) for name, part in parts.items()}


def _loose(said: dict[str, Any]) -> dict[str, Any]:
    """The same, or null."""
    kept = {name: value for name, value in exact(said).items() if name != "default"}
    _or_null(kept)
    return kept


def _leaves(kind: type[Schema]) -> Iterator[fields.Field[Any]]:
    """What a schema holds, and for a list what that holds."""
    for field in kind().fields.values():
        yield field.inner if isinstance(field, fields.List) else field


def _many(field: fields.Field[Any]) -> bool:
    return isinstance(field, fields.List) or (isinstance(field, fields.Nested) and bool(field.many))


def _or_null(ret: dict[str, Any]) -> None:
    if "$ref" in ret:
        ret["anyOf"] = [{"$ref": ret.pop("$ref")}, {"type": "null"}]
    elif isinstance(ret.get("type"), str):
        ret["type"] = [ret["type"], "null"]
