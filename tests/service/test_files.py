"""Photos and documents at a lead, through its door: what is taken, what is not, and what becomes of it."""

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
import sqlalchemy as sa

from embedded.testing import CAST, Bench
from libs.common import files
from libs.common.contracts.leads import LeadFileAdded, LeadFileRemoved
from libs.common.errors import NotFound
from libs.common.filekinds import PIECE
from libs.common.web.files import ALONE
from services.leads.model import SHELF
from tests.service.some_files import BAD, GOOD, HTML, JPEG, PDF, kept, put

API = "/api/v1"


@pytest.fixture
def leads(bench: Callable[..., Bench]) -> Bench:
    return bench("leads")


def lead(leads: Bench, **more: Any) -> str:
    body = {"channel": "phone", "person_name": "Ann Lee", "owner_id": str(CAST["salesperson"][0]), **more}
    return f"/leads/{leads.as_('office').post(f'{API}/leads', body).get_json()['id']}"


def stored(leads: Bench) -> int:
    """The bytes that are kept."""
    with leads.system.parts["leads"].store.reading() as tx:
        asked = sa.select(sa.func.coalesce(sa.func.sum(sa.func.length(SHELF.pieces.c.content)), 0))
        return int(tx.execute(asked).scalar_one())


def test_a_photo_is_put_at_a_lead_listed_and_had_again_byte_for_byte(leads: Bench) -> None:
    where, photo = lead(leads), JPEG * 1000  # of several pieces
    one = kept(leads, "salesperson", where, photo, "Old boiler.jpg")

    assert (one["name"], one["kind"], one["size"]) == ("Old boiler.jpg", "image/jpeg", len(photo))
    assert one["sha256"] == hashlib.sha256(photo).hexdigest()
    assert one["added_by"] == str(CAST["salesperson"][0])
    assert leads.as_("auditor").items(f"{API}{where}/files") == [one]
    answer = leads.as_("csr").get(one["href"])
    assert answer.data == photo
    assert answer.content_length == len(photo)


def test_what_is_served_is_judged_by_nobody_else_and_runs_nowhere(leads: Bench) -> None:
    assert {"default-src 'none'", "sandbox"} <= set(ALONE.split("; "))
    assert "script" not in ALONE
    where = lead(leads)
    for content, way in ((JPEG, "inline"), (PDF, "attachment")):
        answer = leads.as_("csr").get(kept(leads, "csr", where, content)["href"])
        assert answer.headers["Content-Disposition"].startswith(f"{way};")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == ALONE
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", GOOD)
def test_a_file_is_what_its_bytes_say_whatever_its_name_and_its_sender_say(leads: Bench, kind: str) -> None:
    answer = put(leads, "csr", lead(leads), GOOD[kind], "page.html", kind="text/html")
    assert answer.get_json()["kind"] == kind
    served = leads.as_("csr").get(answer.headers["Location"])
    assert served.headers["Content-Type"] == kind
    assert "page.html." in served.headers["Content-Disposition"], "saved, it says what it is"


@pytest.mark.parametrize("what", BAD)
def test_what_could_run_or_cannot_be_known_is_refused_under_the_best_of_names(leads: Bench, what: str) -> None:
    where = lead(leads)
    answer = put(leads, "csr", where, BAD[what], "photo.jpg", kind="image/jpeg")
    assert answer.status_code == 415
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["errors"][0]["pointer"] == "/file"
    assert leads.as_("csr").items(f"{API}{where}/files") == []
    assert stored(leads) == 0
    assert leads.told("leads", LeadFileAdded) == []


@pytest.mark.parametrize(
    "name",
    [
        "Heizkessel – Müller & Söhne (alt).jpg",
        "../../etc/passwd",
        "C:/fakepath/boiler.jpg",
        "\u202egpj.exe",
        "' ; DROP TABLE files; --",
        "<img src=x onerror=alert(1)>.jpg",
        "%0d%0aSet-Cookie: a=b",
        "ボイラー.png",
        "a" * 250,
    ],
)
def test_a_name_is_kept_as_it_was_typed_and_does_no_harm_in_a_header(leads: Bench, name: str) -> None:
    where = lead(leads)
    one = kept(leads, "csr", where, JPEG, name)
    assert one["name"] == name
    said = leads.as_("csr").get(one["href"]).headers["Content-Disposition"]
    assert said.isascii()
    assert said.isprintable()
    plain, _, exact = said.partition("; filename*=UTF-8''")
    assert plain.count('"') == 2
    saved = unquote(exact)
    assert not set(saved) & set('/\\:*?"<>|\u202e')
    assert saved.lower().endswith((".jpg", ".jpeg"))


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "a" * 256])
def test_a_name_that_nobody_can_call_it_by_is_refused(leads: Bench, name: str) -> None:
    body = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + JPEG
    where, kind = lead(leads), "multipart/form-data; boundary=x"
    answer = leads.as_("csr").call("POST", f"{API}{where}/files", data=body + b"\r\n--x--\r\n", content_type=kind)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/file"
    assert leads.as_("csr").items(f"{API}{where}/files") == []


def part(named: bytes = b'name="file"; filename="a.jpg"') -> bytes:
    return b"--x\r\nContent-Disposition: form-data; " + named + b"\r\n\r\n"


PART, END, MULTIPART = part(), b"\r\n--x--\r\n", "multipart/form-data; boundary=x"
BODIES: dict[str, tuple[bytes, str, int]] = {
    "nothing at all": (b"", MULTIPART, 422),
    "no file in it": (b"--x--\r\n", MULTIPART, 422),
    "an empty file": (PART + END, MULTIPART, 422),
    "cut off within the file": (PART + JPEG, MULTIPART, 422),
    "cut off within its head": (PART[:40], MULTIPART, 422),
    "a field of that name": (part(b'name="file"') + b"x" + END, MULTIPART, 422),
    "a part without a name": (part(b'filename="a.jpg"') + JPEG + END, MULTIPART, 422),
    "two files": ((PART + JPEG + b"\r\n") * 2 + END, MULTIPART, 422),
    "something besides": (PART + JPEG + b"\r\n" + part(b'name="size"') + b"3" + END, MULTIPART, 422),
    "no boundary": (PART + JPEG + END, "multipart/form-data", 415),
    "JSON": (b"{}", "application/json", 415),
    "the bytes alone": (JPEG, "image/jpeg", 415),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_is_no_file_is_refused_and_leaves_nothing(leads: Bench, what: str) -> None:
    where, (body, kind, status) = lead(leads), BODIES[what]
    answer = leads.as_("csr").call("POST", f"{API}{where}/files", data=body, content_type=kind)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    assert leads.as_("csr").items(f"{API}{where}/files") == []


def big(size: int) -> bytes:
    return JPEG[:3].ljust(size, b"\0")


def test_ten_mebibytes_are_taken_and_a_byte_more_is_not(leads: Bench) -> None:
    where = lead(leads)
    assert kept(leads, "csr", where, big(files.MOST_BYTES))["size"] == files.MOST_BYTES
    answer = put(leads, "csr", where, big(files.MOST_BYTES + 1))
    assert answer.status_code == 413
    assert "10 MB" in answer.get_json()["detail"]
    assert stored(leads) == files.MOST_BYTES


@pytest.mark.parametrize("says", [True, False])
def test_far_too_much_is_refused_without_being_read_also_where_nobody_says_how_much(leads: Bench, says: bool) -> None:
    class Endless:
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0, "it is read whole"
            self.given += size
            return (PART if self.given == size else b"").ljust(size, b"\0")

    where, body = lead(leads), Endless()
    length = {"CONTENT_LENGTH": "1000000000"} if says else {"HTTP_TRANSFER_ENCODING": "chunked"}
    answer = leads.as_("csr").call(
        "POST",
        f"{API}{where}/files",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"wsgi.input": body, "wsgi.input_terminated": True, **length},
    )
    assert answer.status_code == 413
    assert body.given < 11 * files.MIB
    assert leads.as_("csr").items(f"{API}{where}/files") == []


def test_a_record_holds_so_many_files_and_no_more(leads: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 2)
    where = lead(leads)
    first, _ = kept(leads, "csr", where), kept(leads, "csr", where)
    answer = put(leads, "csr", where)
    assert answer.status_code == 409
    assert "2 files" in answer.get_json()["detail"]
    leads.as_("csr").post(f"{first['href']}/remove", {"reason": "blurred"})
    kept(leads, "csr", where)


def test_the_same_key_puts_one_file_there_and_another_file_under_it_is_refused(leads: Bench) -> None:
    where, keyed = lead(leads), {"headers": {"Idempotency-Key": "one photo"}}
    first, again = put(leads, "csr", where, **keyed), put(leads, "csr", where, **keyed)
    assert (again.data, again.status_code) == (first.data, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert put(leads, "csr", where, PDF, **keyed).status_code == 422
    assert len(leads.as_("csr").items(f"{API}{where}/files")) == 1
    assert len(leads.told("leads", LeadFileAdded)) == 1


def test_what_is_told_has_everything_but_the_bytes(leads: Bench) -> None:
    where = lead(leads)
    one = kept(leads, "salesperson", where, HTML.join([JPEG, b""]))
    [fact] = leads.told("leads", LeadFileAdded)
    assert fact.data["file"] == one
    assert len(fact.encode()) < 2000
    leads.as_("salesperson").post(f"{one['href']}/remove", {"reason": "Of another house"})
    [fact] = leads.told("leads", LeadFileRemoved)
    assert (fact.data["file"], fact.data["reason"]) == (one, "Of another house")


def test_a_removed_file_is_gone_bytes_and_all_and_the_audit_says_that_it_was_there(leads: Bench) -> None:
    where = lead(leads)
    one, other = kept(leads, "csr", where, name="Passport.jpg"), kept(leads, "csr", where, PDF, "Plan.pdf")
    assert leads.as_("csr").post(f"{one['href']}/remove").status_code == 422, "it needs a reason"
    done = leads.as_("csr").post(f"{one['href']}/remove", {"reason": "Not ours to keep"})
    assert (done.status_code, done.get_json()) == (200, one)

    assert leads.as_("csr").get(one["href"]).status_code == 404
    assert leads.as_("csr").post(f"{one['href']}/remove", {"reason": "again"}).status_code == 404
    assert [row["id"] for row in leads.as_("csr").items(f"{API}{where}/files")] == [other["id"]]
    assert stored(leads) == len(PDF)
    rows = leads.as_("auditor").items(f"{API}/leads/audit?subject={where.rpartition('/')[2]}")
    changes = [row["changes"]["files"] for row in rows if "files" in row["changes"]]
    assert changes[0][1] == {"removed": "Passport.jpg", "reason": "Not ours to keep"}
    assert [before for before, _ in changes] == [changes[0][0], None, None]
    assert {after["name"] for _, after in changes[1:]} == {"Passport.jpg", "Plan.pdf"}


WHO = {
    "csr": (201, 200), "marketing": (201, 200), "salesperson": (201, 200), "manager": (201, 200), "office": (201, 200),
    "technician": (404, 404), "colleague": (404, 404), "stranger": (404, 404), "operations": (403, 404),
    "admin": (403, 200), "auditor": (403, 200),
}  # fmt: skip


@pytest.mark.parametrize("who", WHO)
def test_who_works_on_a_lead_adds_and_who_may_read_it_reads(leads: Bench, who: str) -> None:
    where, (adds, reads) = lead(leads), WHO[who]
    one = kept(leads, "office", where)
    assert leads.as_(who).get(one["href"]).status_code == reads
    listed = leads.as_(who).get(f"{API}{where}/files").status_code
    assert listed == (403 if who == "operations" else reads), "they may see what belongs to a job, which this does not"
    assert put(leads, who, where).status_code == adds
    removed = leads.as_(who).post(f"{one['href']}/remove", {"reason": "for once"})
    assert removed.status_code == {201: 200}.get(adds, adds)


def test_a_technician_photographs_what_they_hand_in(leads: Bench) -> None:
    handed = leads.as_("technician").post(f"{API}/leads", {"channel": "technician", "person_name": "Bo Ray"}).get_json()
    assert put(leads, "technician", f"/leads/{handed['id']}").status_code == 201


def test_nobody_reads_a_file_by_another_record_or_without_signing_in(leads: Bench) -> None:
    where, elsewhere = lead(leads), lead(leads, person_name="Bo Ray")
    one = kept(leads, "csr", where)
    assert leads.as_("csr").get(one["href"].replace(where, elsewhere)).status_code == 404
    assert leads.as_("csr").post(f"{API}{elsewhere}/files/{one['id']}/remove", {"reason": "x"}).status_code == 404
    assert leads.public.get(one["href"]).status_code == 401
    assert leads.as_("csr").get(f"{API}{where}/files/not-an-id").status_code == 404


def test_a_merged_lead_leaves_its_files_to_the_one_that_lives_on(leads: Bench) -> None:
    where, duplicate = lead(leads), lead(leads)
    one = kept(leads, "csr", duplicate)
    merged = leads.as_("csr").post(f"{API}{where}/merge", {"duplicate_id": duplicate.rpartition("/")[2]})
    assert merged.status_code == 200
    assert leads.as_("csr").items(f"{API}{where}/files") == [one]
    refused = put(leads, "csr", duplicate)
    assert (refused.status_code, refused.get_json()["state"]) == (409, "merged")
    removed = leads.as_("csr").post(f"{one['href']}/remove", {"reason": "theirs no more"})
    assert removed.status_code == 200, "what somebody wants removed is removed, whatever became of the lead"


def test_a_file_that_is_removed_while_somebody_reads_it_is_not_taken_for_whole(leads: Bench) -> None:
    where = lead(leads)
    one = kept(leads, "csr", where, big(3 * PIECE))
    coming = files.pieces(leads.system.parts["leads"].store, SHELF, UUID(one["id"]))
    assert len(next(coming)) == PIECE
    assert leads.as_("csr").post(f"{one['href']}/remove", {"reason": "not ours"}).status_code == 200
    with pytest.raises(NotFound):
        list(coming)
