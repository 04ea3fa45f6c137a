"""One service as a WSGI app: its own routes, and those that every service has."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule

from libs.common.service import Service
from libs.common.store import Store
from libs.common.tokens import Verifier
from libs.common.web import audited, backlog, documents, health, metrics, parked, problems, replay, settings
from libs.common.web.context import Edge, request_id
from libs.common.web.problems import HEADERS


class Route(Rule):
    """What builds its address is compiled when somebody asks for that: of all of them it was most of a start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        def build(own: Rule, **values: Any) -> tuple[str, str]:
            built: tuple[str, str] = compiled(append_unknown)(own, **values)
            return built

        compiled = super()._compile_builder
        return build


class App(Flask):
    url_rule_class = Route


def create_app(service: Service, store: Store, verifier: Verifier, *, config: Mapping[str, Any] | None = None) -> Flask:
    """The app. Raises TypeError for a route without a rule: what is not in the role table does not start."""
    app = App(service.name, static_folder=None, template_folder=None)
    app.config.update(config or {})
    app.url_map.merge_slashes = False  # a redirect would answer HTML
    app.extensions["plumbline"] = store
    app.extensions["plumbline.edge"] = Edge(service, store, verifier)
    if app.config.get("trusted_proxies"):
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=app.config["trusted_proxies"])  # type: ignore[method-assign]
    problems.install(app)
    metrics.watch(app, service.name)
    backlog.watch(app, store)
    for blueprint in (*service.blueprints(), _common(service)):
        app.register_blueprint(blueprint)
    for name, view in app.view_functions.items():
        if not hasattr(view, "rule"):
            raise TypeError(f"{name} has no rule: who may use it?")
    app.after_request(_finish)
    return app


def _common(service: Service) -> Blueprint:
    """Health, numbers, documents, settings and what operators do: the same in every service."""
    bp = Blueprint("plumbline", __name__, url_prefix=f"/api/v1/{service.name}")
    health.add(bp)
    metrics.add(bp)
    documents.add(bp)
    parked.add(bp)
    audited.add(bp)
    replay.add(bp)
    if service.preferences is not None:
        settings.add(bp, service.preferences)
    return bp


def _finish(answer: Response) -> Response:
    there = {name.lower() for name, _ in answer.headers}  # asked one by one, each would go through all of them
    for name, value in HEADERS.items():
        if name.lower() not in there:
            answer.headers.add(name, value)
    answer.headers["X-Request-Id"] = request_id()
    if answer.status_code != 304 and not answer.content_length and answer.mimetype == "text/html":
        answer.headers.pop("Content-Type", None)
    return answer
