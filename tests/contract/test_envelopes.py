"""What cannot be understood is refused with a code for the parked list, and never guessed."""

import gzip
import json
import pickle
from typing import Any

import pytest

from libs.common.contracts import commands
from libs.common.contracts.base import CONTENT_TYPE, MAX_BYTES, BadEnvelope, decode
from tests.contract.freeze import SAMPLES

GOOD = json.loads((SAMPLES / "plumbline.estimate.accepted.v1.json").read_text("utf-8"))
DELETED = object()


def told(**changes: Any) -> bytes:
    message = {**GOOD, **changes}
    return json.dumps({name: value for name, value in message.items() if value is not DELETED}).encode()


def payload(**changes: Any) -> bytes:
    data = {**GOOD["data"], **changes}
    return told(data={name: value for name, value in data.items() if value is not DELETED})


MALFORMED = {
    "empty": b"",
    "a blank": b" ",
    "not JSON": b"accepted!",
    "cut off": told()[:-40],
    "two documents": told() + told(),
    "deep inside": told()[:-1] + b', "x": ' + b"[" * 100_000,
    "UTF-16": told().decode().encode("utf-16"),
    "not UTF-8": told().replace(b"Ivy", b"\xff\xfe\xfd"),
    "NaN": told().replace(b'"8400.00"', b"NaN"),
    "gzip": gzip.compress(told()),
    "pickle": pickle.dumps(GOOD),
}
INVALID = {
    "a list": b"[]",
    "a list without end": b"[" * 100_000,
    "null": b"null",
    "no id": told(id=DELETED),
    "no type": told(type=DELETED),
    "no source": told(source=DELETED),
    "no subject": told(subject=DELETED),
    "no time": told(time=DELETED),
    "no sequence": told(sequence=DELETED),
    "no correlation": told(correlationid=DELETED),
    "no data": told(data=DELETED),
    "data that is no object": told(data=[]),
    "an id that is no UUID": told(id="4711"),
    "a subject that is no UUID": told(subject="../../etc/passwd"),
    "a time without offset": told(time="2026-03-02T15:04:00"),
    "an impossible time": told(time="2026-02-30T15:04:00Z"),
    "a sequence that is a number": told(sequence=1),
    "another CloudEvents": told(specversion="0.3"),
    "a type of another shape": told(type="lead.captured"),
    "a source that is none of ours": told(source="https://example.com/estimates"),
}
SEQUENCES = {
    "zero": "0",
    "negative": "-1",
    "text": "first",
    "blank": "",
    "a sign": "+1",
    "a fraction": "1.0",
    "other digits": "١",
    "spaced": " 1",
    "2⁶³": str(2**63),
    "5,000 digits": "9" * 5000,
}
PAYLOADS = {
    "a missing field": (payload(acceptance_id=DELETED), "acceptance_id"),
    "a null": (payload(total=None), "total"),
    "a text for an amount": (payload(total="a lot"), "total"),
    "an infinite amount": (payload(total="1e1000000000000000000000"), "total"),
    "a list for an object": (payload(totals=[]), "totals"),
    "an id that is no UUID": (payload(lead_id="4711"), "lead_id"),
    "a time without offset": (payload(accepted_at="2026-03-06T20:10:00"), "accepted_at"),
    "an impossible day": (payload(valid_until="2026-02-30"), "valid_until"),
    "a fault within a list": (payload(lines=[{**GOOD["data"]["lines"][0], "qty": "many"}]), "lines[0].qty"),
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(BadEnvelope) as refused:
        decode(raw)
    assert refused.value.code == "malformed"


@pytest.mark.parametrize("raw", INVALID.values(), ids=INVALID)
def test_what_is_no_envelope_of_ours_is_invalid(raw: bytes) -> None:
    with pytest.raises(BadEnvelope) as refused:
        decode(raw)
    assert refused.value.code == "invalid_envelope"
    assert refused.value.detail


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_a_sequence_counts_from_one_to_what_a_database_can_hold(sequence: str) -> None:
    with pytest.raises(BadEnvelope) as refused:
        decode(told(sequence=sequence))
    assert refused.value.code == "invalid_sequence"


def test_the_last_number_a_database_can_hold_is_still_one() -> None:
    assert decode(told(sequence=str(2**63 - 1))).number == 2**63 - 1


@pytest.mark.parametrize(("raw", "where"), PAYLOADS.values(), ids=PAYLOADS)
def test_a_payload_against_its_schema_is_refused_with_the_place(raw: bytes, where: str) -> None:
    message = decode(raw)  # the envelope is sound: the parked row can say whose it is

    with pytest.raises(BadEnvelope) as refused:
        message.event()

    assert refused.value.code == "invalid_payload"
    assert where in refused.value.detail


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream", "", CONTENT_TYPE.upper()])
def test_another_content_type_is_not_even_tried(content_type: str) -> None:
    with pytest.raises(BadEnvelope) as refused:
        decode(told(), content_type)
    assert refused.value.code == "unsupported_encoding"


def test_a_body_of_twenty_megabytes_is_never_decoded() -> None:
    with pytest.raises(BadEnvelope) as refused:
        decode(b" " * (20 * 1024 * 1024))
    assert refused.value.code == "too_large"
    assert str(MAX_BYTES) in refused.value.detail


@pytest.mark.parametrize("kind", ["plumbline.estimate.accepted.v2", "plumbline.estimate.framed.v1"])
def test_a_type_from_tomorrow_is_understood_as_far_as_its_place_in_the_stream(kind: str) -> None:
    message = decode(told(type=kind, data={"anything": 1}))

    assert message.event() is None
    assert (message.aggregate, message.producer, message.number) == ("estimate", "estimates", 1)


WISH = {
    "specversion": "1.0",
    "id": "form-4711",
    "source": "https://example.com/contact",
    "type": "plumbline.lead.capture.v1",
    "data": {"channel": "web", "person_name": "Ivy Castellan", "phones": ["(615) 555-0142"]},
}


def test_another_system_may_ask_to_take_an_enquiry_in() -> None:
    wish = commands.decode(json.dumps(WISH).encode())

    assert wish.key == "https://example.com/contact form-4711"
    assert wish.data == WISH["data"]


def test_a_trace_that_is_none_is_left_out() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    assert commands.decode(json.dumps(WISH | {"traceparent": trace}).encode()).traceparent == trace
    assert commands.decode(json.dumps(WISH | {"traceparent": "\0" * 9}).encode()).traceparent == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": ""}, "invalid_envelope"),
        ({"source": ""}, "invalid_envelope"),
        ({"id": "x" * 201}, "invalid_envelope"),
        ({"id": "one\0"}, "invalid_envelope"),
        ({"source": "https://example.com/\n"}, "invalid_envelope"),
        ({"specversion": "0.3"}, "invalid_envelope"),
        ({"data": None}, "invalid_envelope"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(BadEnvelope) as refused:
        commands.decode(json.dumps({**WISH, **changes}).encode())
    assert refused.value.code == code
