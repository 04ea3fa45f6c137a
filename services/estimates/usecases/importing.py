"""A price book out of a CSV: tasks by code, or the assemblies of tasks; first as a dry run, with a report."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from typing import Any

import sqlalchemy as sa

from libs.common import formatting
from libs.common.csvfiles import BadRow, CsvFile, Row, Unreadable, read_csv
from libs.common.errors import Fault, Invalid
from libs.common.leadcolumns import normalised
from libs.common.parties import folded
from libs.common.tx import Tx
from services.estimates.model import Category, PriceBook, Task, TaxCode

MOST_ROWS = 50_000
NEEDED = {"tasks": ("code", "name", "unit_price"), "assemblies": ("task_code", "description", "qty")}
KNOWN = {
    "tasks": {
        "code", "trade", "category", "name", "description", "unit_price", "member_price", "cost", "hours", "taxable",
        "tax_code", "add_ons",
    },
    "assemblies": {"task_code", "kind", "part_number", "description", "qty", "unit", "unit_cost"},
}  # fmt: skip
#: what other programs' lists call them, letters and digits only: ServiceTitan, Housecall Pro, Jobber, Odoo, ERPNext
CALLED = {
    "tasks": {
        "code": "sku itemcode itemnumber taskcode servicecode productcode internalreference defaultcode partnumber",
        "name": "displayname itemname taskname productname productservicename title",
        "description": "salesdescription longdescription",
        "category": "productcategory itemgroup categoryname",
        "unit_price": "price salesprice saleprice listprice sellingprice standardsellingrate rate retailprice",
        "member_price": "membershipprice",
        "cost": "unitcost standardcost purchasecost standardprice valuationrate",
        "hours": "soldhours laborhours labourhours flatratehours",
        "taxable": "istaxable",
    },
    "assemblies": {"part_number": "partno partcode", "qty": "quantity", "unit": "uom", "unit_cost": "cost"},
}
MONEY = {"unit_price", "member_price", "cost", "unit_cost"}  #: of which two columns are one too many
#: what a new task has where its file has no column for it; one that is there keeps what it has
UNSAID: dict[str, Any] = {
    "trade": "", "category": "", "category_id": None, "description": "", "member_price": None, "cost": None,
    "hours": None, "taxable": False, "tax_code": None, "add_ons": [], "materials": [],
}  # fmt: skip
SEARCHED = ("code", "name", "description", "category")
YES, NO = {"yes", "true", "1", "y"}, {"no", "false", "0", "n", ""}
PRICE = re.compile(r"\d{1,10}(\.\d{1,4})?", re.ASCII)  #: what the columns of prices and of quantities hold
THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d{1,4})?", re.ASCII)  #: as a spreadsheet writes them
COMMA = re.compile(r"(\d{1,3}(\.\d{3})+|\d{1,10}),\d{1,2}|0,\d{1,4}", re.ASCII)  #: where cells are parted by semicolons
UNCLEAR = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)  #: there
QUANTITY = re.compile(r"\d{1,9}(\.\d{1,3})?", re.ASCII)


@dataclass
class Rejected:
    line: int
    errors: list[str]


@dataclass
class Report:
    """What the file did or, in a dry run, would do."""

    dry_run: bool
    created: int = 0
    changed: int = 0
    already: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)


def import_file(tx: Tx, book: PriceBook, content: bytes, *, kind: str, dry_run: bool) -> Report:
    """Takes in the sound rows and names the others. The same file again changes nothing. Raises Invalid for no CSV."""
    try:
        file = read_csv(BytesIO(content), most_rows=MOST_ROWS)
    except Unreadable as wrong:
        raise Invalid("the file cannot be read", errors=[Fault("/file", str(wrong))]) from wrong
    names = _read_as(file.columns, kind)
    if missing := [name for name in NEEDED[kind] if name not in names.values()]:
        raise Invalid("the file lacks columns", errors=[Fault("/file", f"has no column {name}") for name in missing])
    report = Report(dry_run, unknown=sorted(set(file.columns) - set(names)), columns=names)
    trial = tx.session.begin_nested()
    known = {task.code: task for task in tx.all(sa.select(Task).where(Task.book_id == book.id))}
    rows = _sound(file, names, report)
    if kind == "tasks":
        _tasks(tx, book, rows, known, report, file.delimiter == ";")
    else:
        _assemblies(book, rows, known, report, file.delimiter == ";")
    tx.session.flush()
    if dry_run:
        trial.rollback()
        return report
    trial.commit()
    if report.created or report.changed:
        tx.touch(book)
    return report


def _read_as(columns: Sequence[str], kind: str) -> dict[str, str]:
    """Which column is what: by our name for it, else by another program's. Raises Invalid where two may be a price."""
    candidates: dict[str, list[str]] = {}
    for column in columns:
        name, called = column.strip().casefold().replace(" ", "_"), normalised(column)
        others = (ours for ours, words in CALLED[kind].items() if called in words.split())
        if known := name if name in KNOWN[kind] else next(others, None):
            candidates.setdefault(known, []).insert(0 if name == known else len(columns), column)
    faults = [
        Fault("/file", f"has {' and '.join(found)}; call the one that is meant {known}")
        for known, found in candidates.items()
        if known in MONEY and len(found) > 1 and found[0].strip().casefold().replace(" ", "_") != known
    ]
    if faults:
        raise Invalid("the file has columns that may be the same", errors=faults)
    return {found[0]: known for known, found in candidates.items()}


def _sound(file: CsvFile, names: Mapping[str, str], report: Report) -> Iterator[tuple[int, dict[str, str]]]:
    for row in file:
        if isinstance(row, BadRow):
            report.rejected.append(Rejected(row.line, [row.message]))
        elif isinstance(row, Row):
            yield row.line, {known: row.values[name].strip() for name, known in names.items()}


def _tasks(
    tx: Tx,
    book: PriceBook,
    rows: Iterator[tuple[int, dict[str, str]]],
    known: dict[str, Task],
    report: Report,
    commas: bool,
) -> None:
    codes, sign = set(tx.session.scalars(sa.select(TaxCode.code))), formatting.sign(book.currency).strip()
    categories = {one.path: one for one in tx.all(sa.select(Category).where(Category.book_id == book.id))}
    seen: set[str] = set()
    for line, cells in rows:
        values, errors = _task(cells, codes, sign, commas)
        if values["code"] in seen:
            errors.append(f"code {values['code']} is there twice in the file")
        if errors:
            report.rejected.append(Rejected(line, errors))
            continue
        seen.add(values["code"])
        task = known.get(values["code"])
        if "category" in values:
            category = _category(tx, book, values["category"], categories)
            values["category_id"] = category.id if category else None
        named = [values.get(name, getattr(task, name) if task else "") for name in SEARCHED]
        values["search"] = folded(" ".join(named))
        if task is None:
            tx.session.add(Task(id=tx.store.ids(), book_id=book.id, **(UNSAID | values)))
            report.created += 1
        elif any(getattr(task, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(task, name, value)
            report.changed += 1
        else:
            report.already += 1


def _task(cells: Mapping[str, str], tax_codes: set[str], sign: str, commas: bool) -> tuple[dict[str, Any], list[str]]:
    """What a row says of its task, in the columns that the file has, and what is wrong with it."""
    errors: list[str] = []

    def number(name: str, needed: bool = False, shape: re.Pattern[str] = PRICE) -> Decimal | None:
        signed = sign if shape is PRICE else ""
        return _number(cells, name, errors, needed=needed, shape=shape, sign=signed, commas=commas)

    flag = cells.get("taxable", "").casefold()
    if flag not in YES | NO:
        errors.append(f"taxable is {flag!r}, neither yes nor no")
    tax_code = cells.get("tax_code") or None
    if tax_code is not None and tax_code not in tax_codes:
        errors.append(f"there is no tax code {tax_code}")
    path = " > ".join(part.strip() for part in cells.get("category", "").split(">") if part.strip())
    values = {
        "code": _text(cells, "code", 60, errors, needed=True),
        "trade": _text(cells, "trade", 40, errors),
        "category": path[:400],
        "name": _text(cells, "name", 200, errors, needed=True),
        "description": _text(cells, "description", 5000, errors),
        "unit_price": number("unit_price", needed=True),
        "member_price": number("member_price"),
        "cost": number("cost"),
        "hours": number("hours", shape=QUANTITY),
        "taxable": flag in YES or (not flag and tax_code is not None),
        "tax_code": tax_code,
        "add_ons": [code for code in re.split(r"[\s,;|]+", cells.get("add_ons", "")) if code],
    }
    told = {*cells, "taxable"} if tax_code else cells.keys()  # as a line: who names a code of tax wants it taxed
    return {name: value for name, value in values.items() if name in told}, errors


def _assemblies(
    book: PriceBook,
    rows: Iterator[tuple[int, dict[str, str]]],
    known: dict[str, Task],
    report: Report,
    commas: bool,
) -> None:
    """A task's materials are replaced by those of the file; tasks that it does not name, or names with a row that is
    not sound, keep theirs: a list of what to order that lacks a part is worse than the one before.
    """
    parts: dict[str, list[dict[str, Any]]] = {}
    unsound: set[str] = set()
    for line, cells in rows:
        errors: list[str] = []
        code = cells["task_code"]
        if code not in known:
            errors.append(f"there is no task {code} in this price book")
        qty = _number(cells, "qty", errors, needed=True, shape=QUANTITY, commas=commas)
        cost = _number(cells, "unit_cost", errors, sign=formatting.sign(book.currency).strip(), commas=commas)
        part = {
            "kind": cells.get("kind") or "material",
            "code": _text(cells, "part_number", 80, errors),
            "description": _text(cells, "description", 500, errors, needed=True),
            "qty": format(qty, "f") if qty is not None else None,
            "unit": _text(cells, "unit", 40, errors),
            "cost": format(cost, "f") if cost is not None else None,
        }
        if errors and code in known:
            errors.append(f"so task {code} keeps the materials that it has")
            unsound.add(code)
        if errors:
            report.rejected.append(Rejected(line, errors))
        else:
            parts.setdefault(code, []).append(part)
    for code, materials in parts.items():
        if code in unsound:
            continue
        before = known[code].materials
        outcome = "already" if before == materials else "changed" if before else "created"
        setattr(report, outcome, getattr(report, outcome) + 1)
        known[code].materials = materials


def _category(tx: Tx, book: PriceBook, path: str, known: dict[str, Category]) -> Category | None:
    """The branch of the tree, made with those above it where there is none."""
    if not path:
        return None
    if path not in known:
        above, _, name = path.rpartition(" > ")
        parent = _category(tx, book, above, known)
        one = Category(
            id=tx.store.ids(), book_id=book.id, parent_id=parent.id if parent else None, name=name, path=path
        )
        tx.session.add(one)
        tx.session.flush()
        known[path] = one
    return known[path]


def _number(
    cells: Mapping[str, str],
    name: str,
    errors: list[str],
    *,
    needed: bool = False,
    shape: re.Pattern[str] = PRICE,
    sign: str = "",
    commas: bool = False,
) -> Decimal | None:
    """``sign`` is the book's currency's, before or after. A comma parts thousands only where it can mean nothing else.

    ``commas``: the file parts its cells by semicolons, as programs do where 1.250,50 is written: there a comma is the
    decimal one, and what may be a thousand times as much is refused.
    """
    text = cells.get(name, "")
    if not text:
        if needed:
            errors.append(f"{name} is needed")
        return None
    plain = text.removeprefix(sign).removesuffix(sign).strip() if sign else text
    if commas and UNCLEAR.fullmatch(plain):
        errors.append(f"{name} is {text[:40]!r}, which may mean a thousand times as much; write two decimals")
        return None
    if commas and COMMA.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    elif sign and THOUSANDS.fullmatch(plain) and (plain != text or "." in plain):
        plain = plain.replace(",", "")
    if not shape.fullmatch(plain):
        errors.append(f"{name} is {text[:40]!r}, not a number such as 1250.00")
        return None
    return Decimal(plain)


def _text(cells: Mapping[str, str], name: str, longest: int, errors: list[str], *, needed: bool = False) -> str:
    text = cells.get(name, "")
    if needed and not text:
        errors.append(f"{name} is needed")
    if len(text) > longest:
        errors.append(f"{name} is longer than {longest} characters")
    return text
