"""A file of enquiries, and what became of its rows."""

from libs.common.web import Schema, fields


class ImportQuery(Schema):
    dry_run = fields.Code(("true", "false", "1", "0"))


class ImportIn(Schema):
    """``map`` is a JSON object, column → field, for columns that are not recognised or are read wrongly."""

    file = fields.File(required=True)
    map = fields.Text(max_length=20_000)


class RejectedOut(Schema):
    line = fields.Whole()
    errors = fields.List(fields.Text())


class ImportOut(Schema):
    """``columns`` says how each was read, ``unknown`` which were only kept with the lead."""

    dry_run = fields.Flag()
    created = fields.Whole()
    already = fields.Whole()
    duplicates = fields.Whole()
    rejected = fields.List(fields.Nested(RejectedOut))
    columns = fields.Raw(like=dict[str, str])
    unknown_ = fields.List(fields.Text(), data_key="unknown", attribute="unknown")
