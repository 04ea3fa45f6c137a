"""Every answer has one manner, and every service the same rooms."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import openapi_spec_validator
import pytest
import sqlalchemy as sa
from flask import Blueprint

from libs.common import people
from libs.common.contracts.staff import Branch, BranchChanged
from libs.common.service import Service
from libs.common.tokens import Verifier
from libs.common.web import (
    create_app,
    endpoint,
)
from tests.contract.web_world import (
    BOXES,
    HERE,
    TABLES,
    Base,
    World,
    problem,
)


class Answers:
    def test_what_is_not_there_is_a_problem_too(self, world: World) -> None:
        for path in ("/nope", "/not-a-uuid", f"/{uuid4()}", "/%00", f"/{'x' * 4096}", "//", f"/{uuid4()}/"):
            problem(world.get(path), 404)

    def test_a_method_that_is_not_known_is_told_which_are(self, world: World) -> None:
        answer = world.call("DELETE", "")
        problem(answer, 405, "method-not-allowed")
        assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))

    def test_head_and_options_say_as_much_as_they_should(self, world: World) -> None:
        path = f"/{world.box()['id']}"
        head, get = world.call("HEAD", path), world.get(path)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["ETag"] == get.headers["ETag"]
        options = world.call("OPTIONS", path, by=None)
        assert (options.status_code, options.data) == (200, b"")
        assert {"GET", "PATCH"} <= set(options.headers["Allow"].split(", "))

    def test_what_nobody_expected_tells_nothing_of_the_inside(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = world.post("/link/broken/open", by=None)
        said = problem(answer, 500, "internal")
        assert "secret" not in answer.text
        assert "RuntimeError" not in answer.text
        assert said["instance"] == f"{BOXES}/link/…/open"
        assert said["request_id"] in caplog.text
        assert "broken/open" not in caplog.text

    def test_every_answer_carries_the_same_protection(self, world: World) -> None:
        for answer in (world.get(""), world.get("/nope"), world.get("/livez"), world.call("DELETE", "")):
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    def test_a_sane_request_id_is_kept_and_another_is_replaced(self, world: World) -> None:
        assert world.get("/livez", X_Request_Id="abc-1").headers["X-Request-Id"] == "abc-1"
        assert len(world.get("/livez", X_Request_Id="<script>").headers["X-Request-Id"]) == 36

    def test_a_service_says_how_it_is(self, world: World) -> None:
        assert world.get("/livez", by=None).json == {"status": "ok"}
        assert (world.get("/readyz", by=None).json or {})["status"] == "ok"
        with world.store.begin() as tx:
            row = {"part": "broker", "ok": False, "detail": "connection refused", "at": tx.now}
            tx.session.execute(tx.insert(TABLES.worker_status).values(**row))
        answer = world.get("/readyz", by=None)
        assert (answer.status_code, (answer.json or {})["status"]) == (200, "degraded")
        assert (answer.json or {})["parts"]["broker"] == {"ok": False, "detail": "connection refused"}

    def test_a_service_without_its_tables_is_not_ready(self, world: World) -> None:
        TABLES.worker_status.drop(world.store.database.engine)
        said = problem(world.get("/readyz", by=None), 503, "unavailable")
        assert said["parts"]["database"]["ok"] is False
        assert world.get("/livez", by=None).status_code == 200

    def test_requests_and_what_waits_are_counted(self, world: World) -> None:
        world.get("/livez")
        text = world.get("/metrics", by=None).text
        route = f'method="GET",route="{BOXES}/livez",service="boxes",status="200"'
        assert f"plumbline_http_request_seconds_count{{{route}}} 1.0" in text
        assert 'plumbline_unpublished{service="boxes"} 0.0' in text

    def test_whatever_strangers_call_a_request_its_numbers_are_kept_under_few_names(self, world: World) -> None:
        for word in ("PROPFIND", "AAAAA", "AAAAB"):
            for path in ("", "/nowhere"):
                world.call(word, path, by=None)
        text = world.get("/metrics", by=None).text
        assert set(re.findall(r'method="(\w+)"', text)) == {"OTHER"}

    def test_the_document_of_a_service_is_valid_and_names_every_route(self, world: World) -> None:
        document: dict[str, Any] = json.loads(world.get("/openapi.json", by=None).data)
        openapi_spec_validator.validate(document)
        assert {"get", "post"} <= set(document["paths"][BOXES])
        assert document["paths"][BOXES]["post"]["x-permission"] == ["lead.create"]
        said = {parameter["name"] for parameter in document["paths"][BOXES]["get"]["parameters"]}
        assert said == {"limit", "cursor", "sort", "label"}
        edit = document["paths"][BOXES + "/{box_id}"]["patch"]
        assert {"If-Match"} <= {parameter["name"] for parameter in edit["parameters"]}
        routes = {rule.rule for rule in world.app.url_map.iter_rules()}
        assert len(document["paths"]) == len(routes)

    def test_the_page_to_try_it_fetches_nothing_from_elsewhere(self, world: World) -> None:
        page = world.get("/docs", by=None)
        assert page.content_type.startswith("text/html")
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert "http" not in page.text
        assert "<script>" not in page.text
        for part in ("start.js", "swagger-ui-bundle.js", "swagger-ui.css"):
            assert f"docs/{part}" in page.text
            assert world.get(f"/docs/{part}", by=None).status_code == 200
        problem(world.get("/docs/oauth2-redirect.html", by=None), 404)

    def test_settings_are_inherited_and_changed_by_version(self, world: World) -> None:
        first = world.get("/settings", by="admin")
        assert first.json == {"target": {"near": 1, "far": 2}, "colours": ["red"]}
        problem(world.get("/settings", by="csr"), 403)
        problem(world.call("PUT", "/settings", {}, by="auditor", If_Match="*"), 403)
        problem(world.call("PUT", "/settings", {}, by="admin"), 428)
        tag = first.headers["ETag"]
        changed = world.call("PUT", "/settings", {"target": {"near": 5}}, by="admin", If_Match=tag)
        assert changed.json == {"target": {"near": 5, "far": 2}, "colours": ["red"]}
        problem(world.call("PUT", "/settings", {}, by="admin", If_Match=tag), 412)
        problem(world.call("PUT", "/settings", {"size": 1}, by="admin", If_Match="*"), 422)
        branch = self.branch_of(world)
        own = world.call(
            "PUT", branch, {"colours": ["blue"]}, by="admin", If_Match=world.get(branch, by="admin").headers["ETag"]
        )
        assert own.json == {"target": {"near": 5, "far": 2}, "colours": ["blue"]}
        assert (world.get("/settings", by="admin").json or {})["colours"] == ["red"]
        with world.store.reading() as tx:
            kinds = [row.kind for row in tx.session.execute(sa.select(TABLES.audit).order_by(TABLES.audit.c.id))]
        assert kinds == ["denied", "denied", "Preferences", "Preferences"]

    def test_a_branch_follows_the_company_in_what_it_has_from_it_also_where_it_said_so_itself(
        self, world: World
    ) -> None:
        branch = self.branch_of(world)
        world.call("PUT", "/settings", {"target": {"near": 5}}, by="admin", If_Match="*")
        as_read = world.get(branch, by="admin").json or {}
        for said in (as_read, {"target": {"far": 2}}):  # as a form sends it, and a part of it
            assert world.call("PUT", branch, said, by="admin", If_Match="*").status_code == 200
            for near in (6, 5):
                world.call("PUT", "/settings", {"target": {"near": near, "far": 9}}, by="admin", If_Match="*")
                assert (world.get(branch, by="admin").json or {})["target"] == {"near": near, "far": 9}
            world.call("PUT", "/settings", {"target": {"near": 5}}, by="admin", If_Match="*")

    def test_a_branchs_settings_are_others_once_the_company_has_changed_its(self, world: World) -> None:
        branch = self.branch_of(world)
        before = world.get(branch, by="admin")
        tag = before.headers["ETag"]
        assert world.get(branch, by="admin", If_None_Match=tag).status_code == 304
        world.call("PUT", "/settings", {"target": {"near": 5}}, by="admin", If_Match="*")

        now = world.get(branch, by="admin", If_None_Match=tag)
        assert (now.status_code, (now.json or {})["target"]["near"]) == (200, 5)
        problem(world.call("PUT", branch, before.json, by="admin", If_Match=tag), 412)
        kept = world.call("PUT", branch, now.json, by="admin", If_Match=now.headers["ETag"])
        assert (kept.status_code, kept.json) == (200, now.json)

    def branch_of(self, world: World) -> str:
        """The path of a branch's settings."""
        with world.store.begin() as tx:
            there = Branch(name="Nashville", time_zone="America/Chicago", currency="USD")
            people.remember_branch(tx, BranchChanged(subject=HERE, branch=there))
        return f"/settings?branch={HERE}"

    def test_a_route_without_a_rule_does_not_start(self, world: World) -> None:
        bp = Blueprint("bare", __name__)
        bp.get("/bare")(lambda: "hello")
        bare = Service("bare", "Bare", Base.metadata, TABLES, Path("/nonexistent"), blueprints=lambda: (bp,))
        with pytest.raises(TypeError, match="no rule"):
            create_app(bare, world.store, Verifier(world.signer.jwks()))
        with pytest.raises(TypeError, match="no permission"):
            endpoint(may="lead.explode")
