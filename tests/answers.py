"""Whatever services answer to a test is held against the documents that they publish of themselves."""

import functools
import re
from typing import Any

import jsonschema_rs
from flask import Flask, Response, request

from embedded.testing import Bench
from libs.common.web.openapi import document

JSONS = ("application/json", "application/problem+json")
OWN = (408, 500)  #: what the server itself may answer to anything, which the document says once for all


def watch(bench: Bench, faults: list[str]) -> None:
    """From now on what its answers have that no reader of the document expects is added to ``faults``."""
    for name, part in bench.system.parts.items():

        def check(answer: Response, name: str = name, app: Flask = part.app) -> Response:
            if request.url_rule is not None:
                path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", request.url_rule.rule)
                faults.extend(f"{request.method} {path}: {fault}" for fault in undocumented(name, app, path, answer))
            return answer

        part.app.after_request(check)


def undocumented(name: str, app: Flask, path: str, answer: Response) -> list[str]:
    said = documented(name, app)
    act = said["paths"].get(path, {}).get(request.method.lower())
    if act is None or answer.status_code in OWN:
        return []
    status = str(answer.status_code)
    if status not in act["responses"]:
        return [f"answers {status}, which the document does not know of: {answer.get_data(as_text=True)[:200]}"]
    if not answer.get_data():
        return []
    kinds = contents(name, status, act["operationId"])
    if answer.mimetype not in kinds:
        return [f"answers {status} with {answer.mimetype}, the document says {sorted(kinds)}"]
    holds = kinds[answer.mimetype]
    if holds is None:
        return []
    return [f"{status} {error.instance_path}: {error.message[:200]}" for error in holds.iter_errors(answer.get_json())]


def closed(schema: Any) -> Any:
    """The same, without leave for fields that it does not name: a reader of the document knows of no others."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    named = "properties" in schema and "additionalProperties" not in schema
    return {name: closed(one) for name, one in schema.items()} | ({"additionalProperties": False} if named else {})


KNOWN: dict[str, dict[str, Any]] = {}


def documented(name: str, app: Flask) -> dict[str, Any]:
    """It is the same for each app of a service, and takes a tenth of a second."""
    if name not in KNOWN:
        KNOWN[name] = document(app)
    return KNOWN[name]


@functools.cache
def components(name: str) -> Any:
    return closed(KNOWN[name]["components"])


@functools.cache
def contents(name: str, status: str, operation: str) -> dict[str, Any]:
    """Content type → what checks a body, or None where it is no JSON."""
    said = KNOWN[name]
    [act] = [act for path in said["paths"].values() for act in path.values() if act["operationId"] == operation]
    response = act["responses"][status]
    if "$ref" in response:
        response = said["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return {
        kind: jsonschema_rs.Draft202012Validator({**closed(one["schema"]), "components": components(name)})
        if kind in JSONS and "schema" in one
        else None
        for kind, one in response.get("content", {}).items()
    }
