"""The HTTP edge that all services share: an api.py needs nothing else, and nothing below it knows any of it."""

from libs.common.idempotency import Answer
from libs.common.schema import Given, Listed, Page, Schema, Sort, Upload, fields, load
from libs.common.scoping import scoped
from libs.common.web.acts import begin, demand_new_request, location, one, reading, visible
from libs.common.web.allowed import Allowed
from libs.common.web.app import create_app
from libs.common.web.context import (
    LINK,
    PUBLIC,
    SIGNED_IN,
    Rule,
    browser,
    caller,
    edge,
    if_match,
    link_token,
    request_id,
    store,
)
from libs.common.web.endpoint import endpoint
from libs.common.web.exporting import AS_FILE, Sheet, listed, same
from libs.common.web.languages import speak
from libs.common.web.limits import limit
from libs.common.web.listings import Listing, equal
from libs.common.web.paging import items, page
from libs.common.web.pdf import on_paper
from libs.common.web.problems import not_found, problem

__all__ = [
    "AS_FILE", "LINK", "PUBLIC", "SIGNED_IN", "Allowed", "Answer", "Given", "Listed", "Listing", "Page", "Rule",
    "Schema", "Sheet", "Sort", "Upload", "begin", "browser", "caller", "create_app", "demand_new_request", "edge",
    "endpoint", "equal", "fields", "if_match", "items", "limit", "link_token", "listed", "load", "location",
    "not_found", "on_paper", "one", "page", "problem", "reading", "request_id", "same", "scoped", "speak", "store",
    "visible",
]  # fmt: skip
