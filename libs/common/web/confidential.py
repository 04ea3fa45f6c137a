"""What only some of those who read a record see of it: what it costs us, and so what we earn."""

from typing import Any

from flask import g, has_request_context

from libs.common.auth import Caller
from libs.common.schema import fields

COST = "cost.read"


def may_see_costs() -> bool:
    """Whether whoever asks may; outside of a request there is nobody to be told."""
    who: Caller | None = g.get("caller") if has_request_context() else None
    return not has_request_context() or (who is not None and who.may(COST))


class _Ours:
    """A field that says nothing to others: null, as if nobody knew."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> Any:
        return super()._serialize(value, attr, obj, **more) if may_see_costs() else None  # type: ignore[misc]


class Cost(_Ours, fields.UnitPrice):
    """What one of it costs us."""


class CostSaid(_Ours, fields.Text):
    """The same as it was written in a file."""


class Margin(_Ours, fields.Number):
    """Of the price what is left of it when its costs are paid; 0.3 is 30 %."""

    def __init__(self, **more: Any) -> None:
        super().__init__(places=4, **more)


class Why(_Ours, fields.List):
    """Reasons that tell a margin."""


class Materials(fields.Raw):
    """What is to be ordered; its ``cost`` is ours."""

    def show(self, value: Any) -> Any:
        return value if may_see_costs() else [{**one, "cost": None} for one in value]
