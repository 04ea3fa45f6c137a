"""Files at a record: their list on its page, and each by itself, as its owner's door hands it out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response

from libs.common.errors import NotFound
from services.console.adapters import words
from services.console.adapters.doors import PREFIX
from services.console.api.screens.frame import doors, names, say, screen
from services.console.api.screens.offers import Offer, Offers

bp = Blueprint("console_files", __name__)

OWNERS = {
    "leads": "/leads/{}",
    "opportunities": "/opportunities/{}",
    "jobs": "/bookings/jobs/{}",
}  #: a record's address at its owner's door, by what it is called in ours
KINDS = {
    "image": words.said("Photo"),
    "pdf": words.said("PDF"),
    "document": words.said("Document"),
}
ENTITIES = ("Content-Type", "Content-Disposition", "Content-Security-Policy", "Content-Length")


@dataclass(frozen=True)
class FileShown:
    """A file in a list. ``owner`` and ``record``: where it is kept."""

    id: str
    name: str
    about: str  #: what it is, how large, and who put it there
    at: str
    owner: str
    record: str

    @property
    def page(self) -> str:
        return f"/files/{self.owner}/{self.record}/{self.id}"


def at(where: str) -> list[FileShown] | None:
    """The files that a record shows; None while its service is away."""
    found = doors().maybe(f"{where}/files", None)
    if found is None:
        return None
    who = names(*(one["added_by"] for one in found["items"]))
    return [_shown(one, who) for one in found["items"]]


def taken(every: list[FileShown] | None, offers: Offers, key: str, owner: str) -> dict[str, Offer | None]:
    """The act that removes each of them, where the record at hand keeps it and the reader may."""
    mine = [one for one in every or () if one.owner == owner]
    return {one.id: Offers(offers.record, (one.record,)).get(key, one.id) for one in mine}


def _shown(one: Mapping[str, Any], who: Mapping[str, str]) -> FileShown:
    kind = str(one["kind"])
    called = KINDS["image" if kind.startswith("image/") else "pdf" if kind.endswith("/pdf") else "document"]
    parts = (say(called), _size(one["size"]), who.get(str(one["added_by"]), ""))
    about = ", ".join(part for part in parts if part)
    return FileShown(str(one["id"]), str(one["name"]), about, str(one["added_at"]), *_kept(one["href"]))


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MB" if size >= 2**20 / 10 else f"{max(1, round(size / 1024))} KB"


def _kept(href: str) -> tuple[str, str]:
    """Where a file is kept, out of the address of its bytes."""
    for owner, path in OWNERS.items():
        kept = re.fullmatch(re.escape(PREFIX + path).replace(r"\{\}", "([0-9a-f-]{36})") + "/files/[0-9a-f-]{36}", href)
        if kept:
            return owner, kept[1]
    raise ValueError(f"no record of ours has files at {href}")


@bp.get("/files/<owner>/<uuid:record_id>/<uuid:file_id>")
@screen()
def file(owner: str, record_id: UUID, file_id: UUID) -> Response:
    """A file as its owner hands it out: a picture is shown, anything else is saved."""
    if owner not in OWNERS:
        raise NotFound("there is nothing at this address")
    told = doors().flow(f"{OWNERS[owner].format(record_id)}/files/{file_id}")
    return Response(told.flow, headers={name: told.headers[name.lower()] for name in ENTITIES})
