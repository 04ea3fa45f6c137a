"""A file of enquiries comes in."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from io import BytesIO
from typing import Any

import msgspec
from flask import Blueprint

from libs.common.csvfiles import Unreadable, read_csv
from libs.common.dberrors import persistent
from libs.common.errors import Fault, Invalid
from libs.common.leadcolumns import mapping
from libs.common.leadvalues import Where
from libs.common.web import Answer, Given, begin, caller, demand_new_request, endpoint, load, reading
from services.leads.schemas.importing import ImportIn, ImportOut, ImportQuery
from services.leads.schemas.incoming import LeadIn
from services.leads.usecases import importing

bp = Blueprint("importing", __name__, url_prefix="/api/v1/leads")

IMPORT_LIMIT = 10 * 1024 * 1024


def _written_at(postal_code: str) -> Where:
    with reading() as tx:
        return importing.written_at(tx, postal_code, caller())


class DryRun(Exception):
    """Rolls a batch back once it is known what would become of it."""


def own_columns(said: str | None) -> dict[str, str]:
    """The caller's word on single columns. Raises Invalid when it is no JSON object of names."""
    try:
        return msgspec.json.decode(said or "{}", type=dict[str, str])
    except msgspec.DecodeError as wrong:
        raise Invalid("map is not an object column → field", errors=[Fault("/map", str(wrong))]) from wrong


@bp.post("/import")
@endpoint(may="lead.import", query=ImportQuery, body=ImportIn, answer=ImportOut, upload=True, limit=IMPORT_LIMIT)
def take_file_in(asked: Given, given: Given) -> Answer:
    """Take a CSV of enquiries in: each row once, however often the file comes. A dry run only says what would be."""
    demand_new_request()
    dry_run, own = asked.get("dry_run") in ("true", "1"), own_columns(given.get("map"))
    try:
        file = read_csv(BytesIO(given["file"].content))
    except Unreadable as reason:
        raise Invalid(str(reason), errors=[Fault("/file", str(reason))]) from reason
    columns = mapping(file.columns, own)
    report, tried = importing.Report(columns.fields, columns.unknown), importing.Tried() if dry_run else None
    for batch in importing.batches(file, columns, lambda body: load(LeadIn, body), report, cache(_written_at)):
        report.add(persistent(partial(_taken_in, batch, tried)))
    report.rejected.sort(key=lambda one: int(one["line"]))  # some are refused as they are read, some as they come in
    return persistent(partial(_told, {**vars(report), "dry_run": dry_run}))


def _taken_in(batch: Sequence[importing.Enquiry], tried: importing.Tried | None) -> importing.Report:
    """What became of one commit's worth. Done anew by itself: with the whole file, what came in before would count as
    what was there already."""
    done = importing.Report({}, [])
    with suppress(DryRun), begin(keyed=False) as tx:
        importing.take_in(tx, batch, done, by=caller(), tried=tried)
        if tried is not None:
            raise DryRun
    return done


def _told(report: dict[str, Any]) -> Answer:
    with begin() as tx:
        return tx.answer(ImportOut(), report)
