"""What comes in is read strictly, before anything begins."""

from io import BytesIO

import pytest

from tests.contract.web_world import (
    BOXES,
    TABLES,
    World,
    problem,
)


class Bodies:
    @pytest.mark.parametrize(
        ("body", "kind", "status"),
        [
            (b'{"label": ', "application/json", 400),
            (b"[" * 100_000, "application/json", 400),
            (b'{"label": "x", "label": "y"}', "application/json", 400),
            (b'{"label": "\xff"}', "application/json", 400),
            (b'{"label": "x"}', "text/plain", 415),
            (b'{"label": "x"}', "", 415),
            (b'{"label": "x"}', "application/json; charset=utf-16", 415),
            (b'{"label": "' + b"x" * 262_144 + b'"}', "application/json", 413),
            (b"[]", "application/json", 422),
            (b"null", "application/json", 422),
            (b'{"label": "\\u0000"}', "application/json", 422),
            (b'{"label": "x", "id": "1", "version": 1}', "application/json", 422),
            (b"{}", "application/json", 422),
            (b"", "application/json", 422),
        ],
    )
    def test_a_body_that_cannot_be_taken_changes_nothing(
        self, world: World, body: bytes, kind: str, status: int
    ) -> None:
        problem(world.post("", body, Content_Type=kind), status)
        assert world.boxes() == world.count(TABLES.audit) == 0

    def test_what_need_not_be_given_may_be_null_but_for_what_an_edit_names(self, world: World) -> None:
        box = world.post("", {"label": "x", "size": None, "owner_id": None})
        assert (box.status_code, box.get_json()["size"]) == (201, None)
        needed = problem(world.post("", {"label": None}), 422)
        named = problem(world.call("PATCH", f"/{box.get_json()['id']}", {"size": None}, If_Match="*"), 422)
        assert [one["pointer"] for said in (needed, named) for one in said["errors"]] == ["/label", "/size"]

    def test_a_name_that_cannot_be_kept_is_pointed_at_in_letters_that_can(self, world: World) -> None:
        body = '{"label": "x", "naïve\\u0000": 1}'.encode()
        [fault] = problem(world.post("", body, Content_Type="application/json"), 422)["errors"]
        assert fault["pointer"] == "/naïve\\x00"

    def test_a_file_without_a_length_is_measured_too(self, world: World) -> None:
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="b.csv"\r\n\r\n'
        for size, status in ((10, 200), (1_100_000, 413)):
            answer = world.app.test_client().post(
                f"{BOXES}/import",
                input_stream=BytesIO(head + b"x" * size + b"\r\n--x--\r\n"),
                content_type="multipart/form-data; boundary=x",
                headers={"Authorization": f"Bearer {world.tokens['csr']}", "Transfer-Encoding": "chunked"},
                environ_overrides={"wsgi.input_terminated": True},
            )
            assert answer.status_code == status, answer.text

    @pytest.mark.parametrize(("parts", "named"), [("{file}{file}", "/file"), ("{file}{odd}", "/a~1b")])
    def test_a_part_that_cannot_be_taken_is_named(self, world: World, parts: str, named: str) -> None:
        file = '--x\r\nContent-Disposition: form-data; name="file"; filename="b.csv"\r\n\r\na\r\n'
        odd = '--x\r\nContent-Disposition: form-data; name="a/b"\r\n\r\n\0\r\n'
        body = parts.format(file=file, odd=odd).encode() + b"--x--\r\n"
        answer = world.post("/import", body, Content_Type="multipart/form-data; boundary=x")
        assert [one["pointer"] for one in problem(answer, 422)["errors"]] == [named]

    def test_a_compressed_body_is_refused(self, world: World) -> None:
        problem(world.post("", b"\x1f\x8b", Content_Encoding="gzip"), 415)

    def test_a_body_without_a_length_is_measured_too(self, world: World) -> None:
        client, token = world.app.test_client(), world.tokens["csr"]
        for size, status in ((100, 201), (300_000, 413)):
            answer = client.post(
                BOXES,
                input_stream=BytesIO(b'{"label": "x"}' + b" " * size),
                content_type="application/json",
                headers={"Authorization": f"Bearer {token}", "Transfer-Encoding": "chunked"},
                environ_overrides={"wsgi.input_terminated": True},
            )
            assert answer.status_code == status, answer.text

    def test_an_act_that_needs_nothing_takes_nothing(self, world: World) -> None:
        path = f"/{world.box()['id']}/assign"
        assert world.call("POST", path).status_code == 200
        assert world.post(path, {}).status_code == 200
        assert problem(world.post(path, {"size": 1}), 422)["errors"][0]["pointer"] == "/size"

    def test_a_file_has_to_be_there_and_alone(self, world: World) -> None:
        problem(world.post("/import", {}), 415)
        for data in ({}, {"note": "x"}, {"file": (BytesIO(b""), "a.csv")}, {"file": "x"}):
            token = world.tokens["csr"]
            answer = world.app.test_client().post(
                f"{BOXES}/import",
                data=data,
                content_type="multipart/form-data; boundary=x" if not data else "multipart/form-data",
                headers={"Authorization": f"Bearer {token}"},
            )
            assert problem(answer, 422)["errors"][0]["pointer"] == "/file"
