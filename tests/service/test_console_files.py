"""Photos and documents in the console, by somebody at a browser without scripts."""

from collections.abc import Callable

import pytest

import services
from embedded.testing import Bench
from libs.common.files import MOST_BYTES
from libs.common.web.files import ALONE
from tests.flow.funnel import Funnel
from tests.service.console_reader import Reader
from tests.service.some_files import HERE, HTML, JPEG, PDF, choose, kept


@pytest.fixture
def funnel(bench: Callable[..., Bench]) -> Funnel:
    return Funnel(bench(*services.NAMES))


def test_a_photo_is_put_at_an_enquiry_seen_and_removed(funnel: Funnel) -> None:
    lead = funnel.lead()["id"]
    reader = Reader(funnel.bench, "csr")
    page = reader.open(f"/leads/{lead}")
    assert 'enctype="multipart/form-data"' in page.html
    assert 'accept="image/*,' in page.html, "a phone offers its camera"

    page = choose(reader, JPEG, "Old boiler.jpg")
    assert "It is here now." in page.text
    assert "Photo, 1 KB, csr, today" in page.text
    there = reader.client.get(page.links["Old boiler.jpg"])
    assert (there.status_code, there.data) == (200, JPEG)
    assert there.headers["Content-Type"] == "image/jpeg"
    assert there.headers["Content-Disposition"].startswith("inline; ")
    assert there.headers["Content-Security-Policy"] == ALONE
    assert there.headers["X-Content-Type-Options"] == "nosniff"

    funnel.settle()
    assert "File put here csr, Old boiler.jpg" in reader.open(f"/leads/{lead}").text
    reader.follow("Old boiler.jpg: Remove")
    assert "is needed" in reader.press("Remove").text, "why it goes is asked for"
    page = reader.press("Remove", reason="It is the neighbour's")
    assert "Removed." in page.text
    assert "Old boiler.jpg" not in page.links
    funnel.settle()
    assert "File removed csr, Old boiler.jpg, It is the neighbour's" in reader.open(f"/leads/{lead}").text


def test_what_is_refused_is_told_at_its_field(funnel: Funnel) -> None:
    lead = funnel.lead()["id"]
    reader = Reader(funnel.bench, "csr")
    for content, name, said in (
        (HTML, "boiler.jpg", "is none of these: photos (JPEG, PNG"),
        (b"", "boiler.jpg", "is an empty file"),
        (JPEG.ljust(MOST_BYTES + 1), "boiler.jpg", "is larger than the 10 MB that a file may have"),
        (JPEG.ljust(2 * MOST_BYTES), "boiler.jpg", "A file may have 10 MB at most"),
    ):
        reader.open(f"/leads/{lead}")
        assert said in choose(reader, content, name).text
    assert funnel.as_("csr").items(f"/api/v1/leads/{lead}/files") == []


def test_the_same_form_sent_twice_puts_one_file_there(funnel: Funnel) -> None:
    lead = funnel.lead()["id"]
    reader = Reader(funnel.bench, "csr")
    page = reader.open(f"/leads/{lead}")
    choose(reader, JPEG)
    reader.page = page
    choose(reader, JPEG)
    assert len(funnel.as_("csr").items(f"/api/v1/leads/{lead}/files")) == 1


def test_a_name_is_text_on_the_page_and_a_document_is_saved(funnel: Funnel) -> None:
    lead, name = funnel.lead()["id"], "<script>alert(1)</script>.pdf"
    one = kept(funnel.bench, "csr", f"/leads/{lead}", PDF, name)
    reader = Reader(funnel.bench, "csr")
    page = reader.open(f"/leads/{lead}")
    assert name in page.links
    assert "<script>alert" not in page.html
    there = reader.client.get(page.links[name])
    assert there.headers["Content-Disposition"].startswith("attachment; ")
    assert page.links[name] == f"/files/leads/{lead}/{one['id']}"


def test_who_may_only_read_is_offered_nothing_and_who_may_not_is_told_nothing(funnel: Funnel) -> None:
    lead = funnel.lead()["id"]
    one = kept(funnel.bench, "csr", f"/leads/{lead}")
    page = Reader(funnel.bench, "auditor").open(f"/leads/{lead}")
    assert "boiler.jpg" in page.links
    assert HERE not in [button for form in page.forms for button in form.buttons]
    assert not [link for link in page.links if link.endswith("Remove")]
    where = f"/files/leads/{lead}/{one['id']}"
    assert Reader(funnel.bench, "stranger").open(where).status == 404
    assert Reader(funnel.bench, "csr").open(f"/files/staff/{lead}/{one['id']}").status == 404
    assert "sign-in" in Reader(funnel.bench).open(where).answer.request.path
