"""A request that is repeated, or made of a version that is past."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from libs.common.dberrors import ATTEMPTS, TryAgain
from libs.common.errors import Conflict
from tests.contract.web_world import (
    TABLES,
    World,
    problem,
)


class OneEffect:
    def test_a_repeated_request_has_one_effect_and_the_same_answer_to_the_byte(self, world: World) -> None:
        first = world.post("", {"label": "x", "size": 3}, Idempotency_Key="k")
        again = world.post("", b'{ "size" : 3, "label": "x" }', Idempotency_Key="k")
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.data == again.data
        assert first.headers["ETag"] == again.headers["ETag"]
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert world.boxes() == 1

    def test_many_at_once_with_one_key_have_one_effect(self, world: World) -> None:
        ready = threading.Barrier(8)

        def knock(_number: int) -> TestResponse:
            ready.wait()
            return world.post("", {"label": "x"}, Idempotency_Key="k")

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(knock, range(8)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.data for answer in answers}) == 1
        assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 7
        assert world.boxes() == 1

    def test_a_key_belongs_to_its_caller_and_path(self, world: World) -> None:
        """Whose act cannot be done is not told what became of another's."""
        box = world.box()["id"]
        world.post("", {"label": "x"}, Idempotency_Key="k")
        world.flaky.append(Conflict("not now"))
        problem(world.post("", {"label": "x"}, by="sales", Idempotency_Key="k"), 409, "conflict")
        assert world.post("", {"label": "x"}, by="sales", Idempotency_Key="k").status_code == 201
        problem(world.post(f"/{UUID(int=7)}/assign", Idempotency_Key="k"), 404)
        assert "Idempotency-Replayed" not in world.post(f"/{box}/assign", Idempotency_Key="k").headers
        assert world.boxes() == 3

    def test_a_key_with_another_body_is_refused(self, world: World) -> None:
        world.post("", {"label": "x"}, Idempotency_Key="k")
        problem(world.post("", {"label": "y"}, Idempotency_Key="k"), 422)

    def test_a_refused_act_leaves_its_key_free(self, world: World) -> None:
        world.flaky.append(Conflict("not now"))
        problem(world.post("", {"label": "x"}, Idempotency_Key="k"), 409, "conflict")
        assert world.post("", {"label": "x"}, Idempotency_Key="k").status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "a\x7fb"])
    def test_a_key_that_cannot_be_kept_is_refused(self, world: World, key: str) -> None:
        problem(world.post("", {"label": "x"}, Idempotency_Key=key), 422)
        assert world.boxes() == 0

    def test_an_act_the_database_gave_up_is_run_again_from_what_was_given(self, world: World) -> None:
        world.flaky.extend([TryAgain("victim"), TryAgain("victim"), TryAgain("victim")])
        assert world.post("", {"label": "x"}, Idempotency_Key="k").status_code == 201
        assert world.boxes() == 1
        world.flaky.extend([TryAgain("victim")] * ATTEMPTS)
        answer = world.post("", {"label": "x"})
        problem(answer, 503, "unavailable")
        assert world.flaky == []

    def test_a_file_is_compared_by_its_parts_and_not_by_its_boundary(self, world: World) -> None:
        def send(boundary: str, text: str) -> TestResponse:
            parts = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="b.csv"\r\n\r\n{text}\r\n'
            body = f"{parts}--{boundary}--\r\n".encode()
            return world.post(
                "/import", body, Content_Type=f"multipart/form-data; boundary={boundary}", Idempotency_Key="k"
            )

        first = send("one", "a\nb")
        assert first.json == {"count": 2, "seen": "b.csv"}
        assert send("two", "a\nb").headers["Idempotency-Replayed"] == "true"
        problem(send("three", "a\nb\nc"), 422)
        assert world.boxes() == 2

    def test_a_customer_s_link_is_kept_nowhere(self, world: World) -> None:
        secret = "s3cret-" + "x" * 40
        first = world.post(f"/link/{secret}/open", by=None, Idempotency_Key="k")
        assert world.post(f"/link/{secret}/open", by=None, Idempotency_Key="k").data == first.data
        assert first.json == {"count": 1, "seen": "customer"}
        assert world.post("/link/another/open", by=None, Idempotency_Key="k").json == {"count": 2, "seen": "customer"}
        with world.store.reading() as tx:
            kept = str(tx.session.execute(sa.select(TABLES.idempotency)).all())
        assert "s3cret" not in kept

    def test_an_edit_says_which_version_it_is_of(self, world: World) -> None:
        made = world.post("", {"label": "x"})
        path, tag = f"/{(made.json or {})['id']}", made.headers["ETag"]
        problem(world.call("PATCH", path, {"label": "y"}), 428, "precondition-required")
        changed = world.call("PATCH", path, {"label": "y"}, If_Match=tag)
        assert changed.status_code == 200
        assert changed.headers["ETag"] != tag
        problem(world.call("PATCH", path, {"label": "z"}, If_Match=tag), 412, "stale")
        assert (world.get(path).json or {})["label"] == "y"

    def test_who_knows_several_versions_edits_the_one_that_is_there(self, world: World) -> None:
        made = world.post("", {"label": "x"})
        path, tag = f"/{(made.json or {})['id']}", made.headers["ETag"]
        for wrong in ('"98", "99"', f"W/{tag}", f'"98", W/{tag}', '"98", *', ""):
            problem(world.call("PATCH", path, {"label": "y"}, If_Match=wrong), 412, "stale")
        assert world.call("PATCH", path, {"label": "y"}, If_Match=f'"99",{tag}').status_code == 200
        settings = world.get("/settings", by="admin").headers["ETag"]
        told = {"target": {"near": 5}}
        problem(world.call("PUT", "/settings", told, by="admin", If_Match='"x", "y"'), 412)
        assert world.call("PUT", "/settings", told, by="admin", If_Match=f'"x", {settings}').status_code == 200

    def test_of_edits_at_once_one_is_taken_and_the_others_are_told(self, world: World) -> None:
        box = world.post("", {"label": "x"})
        path, tag = f"/{(box.json or {})['id']}", box.headers["ETag"]
        with ThreadPoolExecutor(4) as pool:
            edits = pool.map(lambda number: world.call("PATCH", path, {"size": number}, If_Match=tag), range(1, 5))
            assert sorted(answer.status_code for answer in edits) == [200, 412, 412, 412]

    def test_a_post_may_say_which_version_it_is_of(self, world: World) -> None:
        box = world.box()["id"]
        problem(world.post(f"/{box}/assign", If_Match='"99"'), 412)
        assert world.post(f"/{box}/assign", If_Match=world.get(f"/{box}").headers["ETag"]).status_code == 200

    def test_what_the_caller_has_seen_is_not_sent_again(self, world: World) -> None:
        path = f"/{world.box()['id']}"
        tag = world.get(path).headers["ETag"]
        same = world.get(path, If_None_Match=tag)
        assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
        assert world.get(path, If_None_Match='"99"').status_code == 200
