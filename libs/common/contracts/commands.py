"""What other systems may ask of Plumbline on the bus. A command is a wish, not a fact: it may be refused.

It is a CloudEvent like a fact, with fewer demands: any ``id`` and ``source`` of the sender's, no sequence. A command
with the same source and id, of the same user where the broker was told of them, is the same wish, whatever else it
says. The classes here say its shape to strangers; what a service accepts is for its own checks, the same as behind its
HTTP door, and a test holds the two together.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from libs.common.contracts.base import CONTENT_TYPE, MAX_BYTES, BadEnvelope
from libs.common.contracts.parts import Instant

EXCHANGE = "plumbline.commands"
TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the work is, as far as it is known."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""  #: two letters


class FitSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the enquiry fits the company, as far as the sender knows; null is unknown."""

    in_service_area: bool | None = None
    trade_offered: bool | None = None
    customer_type: str | None = None
    budget_band: str | None = None


class LeadCapture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take an enquiry in: the body of ``POST /leads``, checked by the same rules. A person or a company is named."""

    name: ClassVar[str] = "plumbline.lead.capture.v1"

    channel: str
    person_name: str | None = None
    company: str | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    address: Place | None = None
    source: str | None = None
    campaign: str | None = None
    trade: str | None = None
    service_interest: str | None = None
    request: str | None = None
    interest_level: str | None = None
    urgent: bool = False
    fit: FitSaid = FitSaid()
    consent: dict[str, bool] = {}
    do_not_contact: bool = False
    next_action_at: Instant | None = None
    generated_by: UUID | None = None
    received_at: Instant | None = None
    owner_id: UUID | None = None
    branch: UUID | None = None


COMMANDS: dict[str, type[LeadCapture]] = {LeadCapture.name: LeadCapture}


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command's envelope. ``data`` is as it came, for the receiving service's own checks; null is not given."""

    id: str
    source: str
    type: str
    data: dict[str, Any]
    specversion: str = "1.0"
    datacontenttype: str | None = None
    dataschema: str | None = None
    subject: str | None = None
    time: datetime | None = None
    traceparent: str | None = None

    @property
    def key(self) -> str:
        """What makes a repeated command the same one."""
        return f"{self.source} {self.id}"


_decoder = msgspec.json.Decoder(Command)
UTF_8 = ("charset=utf-8", 'charset="utf-8"')


def _is_cloud_event(content_type: str) -> bool:
    """The type, in any case; many libraries add that its letters are those of all JSON."""
    kind, *said = (part.strip() for part in content_type.lower().split(";"))
    return kind == CONTENT_TYPE and all(one in UTF_8 for one in said if one)


def decode(raw: bytes, content_type: str = CONTENT_TYPE) -> Command:
    """The command out of its bytes. Raises BadEnvelope naming what is wrong."""
    if not _is_cloud_event(content_type):
        raise BadEnvelope("unsupported_encoding", f"the content type is {content_type!r}, not {CONTENT_TYPE}")
    if len(raw) > MAX_BYTES:
        raise BadEnvelope("too_large", f"{len(raw)} bytes; at most {MAX_BYTES} are read")
    try:
        command = _decoder.decode(raw)
    except msgspec.ValidationError as wrong:
        raise BadEnvelope("invalid_envelope", str(wrong)) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise BadEnvelope("malformed", str(wrong)) from wrong
    if command.specversion != "1.0":
        raise BadEnvelope("invalid_envelope", f"specversion is {command.specversion!r}, not '1.0'")
    for one in (command.id, command.source):
        if not (1 <= len(one) <= 200 and one.isprintable()):
            raise BadEnvelope("invalid_envelope", "id and source have 1 to 200 characters that can be printed")
    return command if TRACEPARENT.fullmatch(command.traceparent or "") else replace(command, traceparent="")
