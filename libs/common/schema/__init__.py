"""What comes in and goes out, read and shown: strict schemas and their fields. They know no HTTP."""

from libs.common.schema import fields
from libs.common.schema.files import Upload
from libs.common.schema.listing import Listed, Page, Sort
from libs.common.schema.strict import Given, Schema, load

__all__ = ["Given", "Listed", "Page", "Schema", "Sort", "Upload", "fields", "load"]
