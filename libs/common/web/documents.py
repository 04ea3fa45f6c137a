"""What a service says of itself: OpenAPI with a page to try it, the schemas of its facts, its part of the bus."""

from pathlib import Path

import msgspec
from flask import Blueprint, current_app

from libs.common.errors import NotFound
from libs.common.idempotency import Answer
from libs.common.web.context import JSON, PUBLIC, edge
from libs.common.web.endpoint import endpoint

PAGES = Path(__file__).parent / "pages"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
AS_JSON = {"Content-Type": JSON}


def add(bp: Blueprint) -> None:
    bp.get("/openapi.json")(openapi)
    bp.get("/asyncapi.json")(asyncapi)
    bp.get("/schemas/<fact>.json")(fact_schema)
    bp.get("/docs")(docs)
    bp.get("/docs/<asset>")(docs_asset)


@endpoint(may=PUBLIC, kinds=(JSON,))
def openapi() -> Answer:
    """This document."""
    known = current_app.extensions
    if "plumbline.openapi" not in known:
        from libs.common.web.openapi import document  # slow to import, seldom asked for

        known["plumbline.openapi"] = msgspec.json.encode(document(current_app))
    return known["plumbline.openapi"], 200, AS_JSON


@endpoint(may=PUBLIC, kinds=(JSON,))
def asyncapi() -> Answer:
    """What this service says on the bus and takes from it."""
    service, known = edge().service, current_app.extensions
    if "plumbline.asyncapi" not in known:  # slow to make, and the same as long as we live
        from libs.common.contracts import catalogue

        said = catalogue.asyncapi(service.name, {service.name: service.subscriptions.facts})
        known["plumbline.asyncapi"] = msgspec.json.encode(said)
    return known["plumbline.asyncapi"], 200, AS_JSON


@endpoint(may=PUBLIC, kinds=("application/schema+json",))
def fact_schema(fact: str) -> Answer:
    """The JSON Schema of a fact or command of this service's, such as plumbline.lead.captured.v1."""
    from libs.common.contracts import catalogue

    found = catalogue.schema_of(edge().service.name, fact)
    if found is None:
        raise NotFound(f"this service publishes no fact and takes no command {fact[:120]}")
    return msgspec.json.encode(found), 200, {"Content-Type": "application/schema+json"}


@endpoint(may=PUBLIC, kinds=("text/html",))
def docs() -> Answer:
    """A page to try this service's interface."""
    page = (PAGES / "docs.html").read_bytes()
    return page, 200, {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": CSP}


@endpoint(may=PUBLIC, kinds=tuple(sorted({*ASSETS.values(), "text/javascript"})))
def docs_asset(asset: str) -> Answer:
    """A part of that page."""
    kept = {"Cache-Control": "max-age=3600"}
    if asset == "start.js":
        return (PAGES / "docs.js").read_bytes(), 200, {"Content-Type": "text/javascript", **kept}
    if asset not in ASSETS:
        raise NotFound("the page has no such part")
    import flask_swagger_ui  # only its dist folder is of use here

    folder = Path(flask_swagger_ui.__file__).parent / "dist"
    return (folder / asset).read_bytes(), 200, {"Content-Type": ASSETS[asset], **kept}
