"""A signature that was drawn: it is a picture, and stands wherever somebody has to show what was signed."""

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageDraw

from embedded.testing import Bench
from tests.service.console_reader import Reader
from tests.service.estimate_world import ESTIMATES, SHARED, act, problem, seen, sent

PNG = "data:image/png;base64,"


def drawn(width: int = 860, height: int = 320) -> str:
    """A stroke, as a page's canvas gives it."""
    picture, out = Image.new("RGBA", (width, height)), BytesIO()
    ImageDraw.Draw(picture).line((9, 9, width - 9, height - 9), fill="#1c1a16", width=4)
    picture.save(out, "PNG")
    return PNG + base64.b64encode(out.getvalue()).decode()


def encoded(raw: bytes) -> str:
    return PNG + base64.b64encode(raw).decode()


NO_PICTURES = {
    "words": "J. Doe",
    "an address elsewhere": "https://example.com/me.png",
    "a script": "data:text/html;base64,PHNjcmlwdD4=",
    "a drawing that may hold a script": "data:image/svg+xml;base64,PHN2Zy8+",
    "no base64": PNG + "@@@",
    "nothing at all": PNG,
    "a beginning only": encoded(base64.b64decode(drawn().removeprefix(PNG))[:60]),
    "what is no picture": encoded(b"\x89PNG\r\n\x1a\n" + b"x" * 40),
    "a quote that would end an attribute": drawn() + '" onload="alert(1)',
    "a picture as large as a town": drawn(2001, 10),
}


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    return bench("estimates", "console")


def first_option(bench: Bench, ident: str) -> str:
    return str(seen(bench, ident)["options"][0]["id"])


def by_form(bench: Bench, token: str, option: str, signature: str) -> Any:
    form = {"option": option, "typed_name": "Ivy", "consent": "on", "signature": signature}
    return bench.public.call("POST", f"/e/{token}/accept", data=form, content_type="multipart/form-data")


def test_what_the_customer_drew_is_seen_by_the_office_and_on_paper(estimates: Bench) -> None:
    ident, token = sent(estimates)
    signature, paper = drawn(), f"{ESTIMATES}/{ident}/estimate.pdf"
    assert b"/Subtype /Image" not in estimates.as_("salesperson").get(paper).data
    assert by_form(estimates, token, first_option(estimates, ident), signature).status_code == 303

    assert seen(estimates, ident)["acceptance"]["signature"] == signature
    page = Reader(estimates, "salesperson").open(f"/estimates/{ident}")
    assert f'src="{signature}" alt="Signature of Ivy"' in page.html
    assert "img-src 'self' data:" in page.answer.headers["Content-Security-Policy"]
    for path in (paper, f"{SHARED}/{token}/estimate.pdf"):
        assert b"/Subtype /Image" in estimates.as_("salesperson").get(path).data


@pytest.mark.parametrize("program", [False, True])
def test_who_only_typed_a_name_has_no_picture_anywhere(estimates: Bench, program: bool) -> None:
    ident, token = sent(estimates)
    option = first_option(estimates, ident)
    if program:
        said = {"option": option, "typed_name": "Ivy", "consent": True, "signature": None}
        assert estimates.public.post(f"{SHARED}/{token}/accept", said).status_code == 200
    else:
        assert by_form(estimates, token, option, "").status_code == 303
    assert seen(estimates, ident)["acceptance"]["signature"] is None
    assert "Signature of" not in Reader(estimates, "salesperson").open(f"/estimates/{ident}").html


@pytest.mark.parametrize("signature", NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_is_no_picture_signs_nothing(estimates: Bench, signature: str) -> None:
    ident, token = sent(estimates)
    option = first_option(estimates, ident)

    answer = by_form(estimates, token, option, signature)
    assert answer.status_code == 422
    assert "draw your signature again" in answer.get_data(as_text=True)
    said = {"option": option, "typed_name": "Ivy", "signature": signature}
    given = estimates.public.post(f"{SHARED}/{token}/accept", said | {"consent": True})
    assert [one["pointer"] for one in problem(given, 422)["errors"]] == ["/signature"]
    given = act(estimates, ident, "accept", said | {"method": "in_person"})
    assert [one["pointer"] for one in problem(given, 422)["errors"]] == ["/signature"]
    assert seen(estimates, ident)["state"] == "sent"


def test_what_was_drawn_at_the_table_is_kept_with_who_recorded_it(estimates: Bench) -> None:
    ident, _ = sent(estimates)
    said = {"option": first_option(estimates, ident), "typed_name": "Ivy", "method": "in_person", "signature": drawn()}
    assert act(estimates, ident, "accept", said).status_code == 200
    assert seen(estimates, ident)["acceptance"]["signature"] == said["signature"]


def test_what_may_be_sent_may_be_read_by_the_contract_too(estimates: Bench) -> None:
    known = estimates.public.get(f"{ESTIMATES}/openapi.json").get_json()["components"]["schemas"]
    sent, read = (known[name]["properties"]["signature"] for name in ("AcceptIn", "AcceptanceOut"))
    assert (read["type"], read["pattern"]) == (sent["type"], sent["pattern"]) == (["string", "null"], read["pattern"])
