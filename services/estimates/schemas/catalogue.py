"""Price books and tax codes, in and out."""

from libs.common.web import Page, Schema, Sort, fields
from libs.common.web.confidential import Cost, CostSaid
from services.estimates.states import BookStatus


class BookEdit(Schema):
    name = fields.Name()
    branch = fields.Uuid(allow_none=True)
    effective_from = fields.Day(allow_none=True)
    effective_until = fields.Day(allow_none=True)
    status = fields.Code(BookStatus)


class BookIn(BookEdit):
    name = fields.Name(required=True)
    currency = fields.Currency()


class BookOut(Schema):
    id = fields.Uuid()
    name = fields.Text()
    branch = fields.Uuid()
    currency = fields.Text()
    effective_from = fields.Day()
    effective_until = fields.Day()
    status = fields.Code(BookStatus)
    version = fields.Whole()
    created_at = fields.Instant()
    updated_at = fields.Instant()


class CategoryOut(Schema):
    id = fields.Uuid()
    parent_id = fields.Uuid()
    name = fields.Text()
    path = fields.Text()


class PartOut(Schema):
    """A part of an assembly: material or labour, for one of the task."""

    kind = fields.Text()
    code = fields.Text()
    description = fields.Text()
    qty = fields.Text()
    unit = fields.Text()
    cost = CostSaid()


class TaskOut(Schema):
    id = fields.Uuid()
    book_id = fields.Uuid()
    category_id = fields.Uuid()
    category = fields.Text()
    code = fields.Text()
    trade = fields.Text()
    name = fields.Text()
    description = fields.Text()
    unit_price = fields.UnitPrice()
    member_price = fields.UnitPrice()
    cost = Cost()
    hours = fields.Quantity()
    taxable = fields.Flag()
    tax_code = fields.Text()
    add_ons = fields.List(fields.Text())
    materials = fields.List(fields.Nested(PartOut))


class TaskQuery(Page):
    q = fields.Text(max_length=200)
    code = fields.Text(max_length=60)
    category = fields.Text(max_length=400)
    trade = fields.Text(max_length=40)
    sort = Sort("code", "name")


class ImportIn(Schema):
    file = fields.File(required=True)


class ImportQuery(Schema):
    dry_run = fields.Flag(load_default=False)
    kind = fields.Code(("tasks", "assemblies"), load_default="tasks")


class RejectedOut(Schema):
    line = fields.Whole()
    errors = fields.List(fields.Text())


class ImportOut(Schema):
    """What became of the rows or, in a dry run, would; ``columns`` says how each was read, ``unknown`` were not."""

    dry_run = fields.Flag()
    created = fields.Whole()
    changed = fields.Whole()
    already = fields.Whole()
    rejected = fields.List(fields.Nested(RejectedOut))
    unknown_ = fields.List(fields.Text(), data_key="unknown", attribute="unknown")
    columns = fields.Raw(like=dict[str, str])


class TaxCodeIn(Schema):
    name = fields.Name(required=True)
    rate = fields.Rate(required=True)
    branch = fields.Uuid(allow_none=True)


class TaxCodeOut(Schema):
    id = fields.Uuid()
    code = fields.Text()
    name = fields.Text()
    rate = fields.Rate()
    branch = fields.Uuid()
    version = fields.Whole()
    updated_at = fields.Instant()
