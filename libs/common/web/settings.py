"""``/settings``: what a company and its branches have set about this service."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from flask import Blueprint

from libs.common import idempotency, people
from libs.common.errors import Stale
from libs.common.idempotency import Answer
from libs.common.preferences import Preferences
from libs.common.schema import texts
from libs.common.schema.strict import Given, Schema
from libs.common.tx import Tx
from libs.common.web.acts import begin, reading, unless_seen
from libs.common.web.context import if_match
from libs.common.web.endpoint import endpoint


class SettingsQuery(Schema):
    branch = texts.Uuid()


def add(bp: Blueprint, preferences: Preferences) -> None:
    """Mounts both routes for a service that has something to set."""
    bp.get("/settings")(_shown(preferences))
    bp.put("/settings")(_changed(preferences))


def _shown(preferences: Preferences) -> Callable[..., Answer]:
    @endpoint(may="settings.read", query=SettingsQuery, answer=preferences.schema)
    def settings(asked: Given) -> Answer:
        """What holds for the company or, with ``branch``, for that branch."""
        with reading() as tx:
            people.demand_branch(tx, asked.get("branch"), "?branch")
            return unless_seen(_answer(tx, preferences, asked.get("branch")))

    return settings


def _changed(preferences: Preferences) -> Callable[..., Answer]:
    @endpoint(may="settings.edit", query=SettingsQuery, body=preferences.schema, answer=preferences.schema, edits=True)
    def set_settings(asked: Given, given: Given) -> Answer:
        """Set them. What equals the level above, or is left out, follows it from then on."""
        branch = asked.get("branch")
        plain: dict[str, Any] = preferences.schema().dump(given)
        with begin() as tx:
            people.demand_branch(tx, branch, "?branch")
            preferences.write(tx, branch, plain, _version(tx, preferences, branch))
            return _answer(tx, preferences, branch)

    return set_settings


def _version(tx: Tx, preferences: Preferences, branch: UUID | None) -> int:
    """The version that is changed. Raises Stale for a caller who has read another one."""
    tags = idempotency.tags(if_match() or "")
    if tags != ["*"] and _tag(tx, preferences, branch) not in tags:
        raise Stale("these settings were changed since you read them; read them again and repeat your change")
    return preferences.version(tx, branch)


def _tag(tx: Tx, preferences: Preferences, branch: UUID | None) -> str:
    return f'"{preferences.tag(tx, branch)}"'


def _answer(tx: Tx, preferences: Preferences, branch: UUID | None) -> Answer:
    headers = {"Content-Type": "application/json", "ETag": _tag(tx, preferences, branch)}
    return msgspec.json.encode(preferences.fresh(tx, branch)), 200, headers
