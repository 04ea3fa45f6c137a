"""What the caller may do with a record now, and what still stands in the way of each."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flask import g, has_request_context

from libs.common.auth import May
from libs.common.errors import Missing
from libs.common.schema.value import Value
from libs.common.scoping import in_scope


class Acts(Protocol):
    """A record that shows its actions. ``open_actions`` comes from its state table."""

    def open_actions(self) -> Sequence[str]: ...

    def missing(self, action: str, /) -> Sequence[Missing]: ...


class Allowed(Value):
    """``[{action, ok, missing: [{field, text}]}]``. Each action has its permission; outside a request all show."""

    _CHECK_ATTRIBUTE = False

    def __init__(self, permissions: Mapping[str, May], **more: Any) -> None:
        super().__init__(dump_only=True, **more)
        self.permissions = dict(permissions)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> Any:  # noqa: ARG002
        who = g.get("caller") if has_request_context() else None
        if who is None and has_request_context():
            return []  # a customer's link shows no staff's acts
        shown = []
        for action in obj.open_actions():
            permission = self.permissions.get(action)
            if permission is None or (who is not None and not in_scope(obj, who, permission)):
                continue
            missing = [{"field": one.field, "text": one.text} for one in obj.missing(action)]
            shown.append({"action": str(action), "ok": not missing, "missing": missing})
        return shown

    def described(self) -> dict[str, Any]:
        text = {"type": "string"}
        missing = {"type": "object", "properties": {"field": text, "text": text}}
        entry = {
            "action": {"type": "string", "enum": sorted(self.permissions)},
            "ok": {"type": "boolean"},
            "missing": {"type": "array", "items": missing},
        }
        return {"type": "array", "items": {"type": "object", "properties": entry}}
