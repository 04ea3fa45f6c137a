"""What other systems may ask of Plumbline on the bus. A command is a wish, not a fact: it may be refused.

It is a CloudEvent like a fact, with fewer demands: any ``id`` and ``source`` of the sender's, no sequence. A command
with the same source and id is the same wish, whatever else it says.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from libs.common.contracts.base import CONTENT_TYPE, MAX_BYTES, BadEnvelope
from libs.common.contracts.parts import Address, Fit, Instant

EXCHANGE = "plumbline.commands"


class LeadCapture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take an enquiry in: the body of ``POST /leads``, checked by the same rules. A person or a company is named."""

    name: ClassVar[str] = "plumbline.lead.capture.v1"

    channel: str
    person_name: str | None = None
    company: str | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    address: Address | None = None
    source: str | None = None
    campaign: str | None = None
    trade: str | None = None
    service_interest: str | None = None
    request: str | None = None
    interest_level: str | None = None
    urgent: bool | None = None
    fit: Fit | None = None
    consent: dict[str, bool] | None = None
    do_not_contact: bool | None = None
    generated_by: UUID | None = None
    received_at: Instant | None = None
    owner_id: UUID | None = None
    branch: UUID | None = None


COMMANDS: dict[str, type[LeadCapture]] = {LeadCapture.name: LeadCapture}


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command's envelope. ``data`` is as it came, for the receiving service's own checks."""

    id: str
    source: str
    type: str
    data: dict[str, Any]
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    dataschema: str = ""
    subject: str = ""
    time: datetime | None = None
    traceparent: str = ""

    @property
    def key(self) -> str:
        """What makes a repeated command the same one."""
        return f"{self.source} {self.id}"

    def body(self) -> LeadCapture:
        """The wish itself. Raises BadEnvelope when nobody knows it, or it does not fit its schema."""
        kind = COMMANDS.get(self.type)
        if kind is None:
            raise BadEnvelope("unknown_type", f"{self.type} is no command; possible: {', '.join(COMMANDS)}")
        try:
            return msgspec.convert(self.data, kind)
        except msgspec.ValidationError as wrong:
            raise BadEnvelope("invalid_payload", str(wrong)) from wrong


_decoder = msgspec.json.Decoder(Command)


def decode(raw: bytes, content_type: str = CONTENT_TYPE) -> Command:
    """The command out of its bytes. Raises BadEnvelope naming what is wrong."""
    if content_type != CONTENT_TYPE:
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
    if not (1 <= len(command.id) <= 200 and 1 <= len(command.source) <= 200):
        raise BadEnvelope("invalid_envelope", "id and source have 1 to 200 characters")
    return command
