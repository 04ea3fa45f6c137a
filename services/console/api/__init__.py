"""The console over HTTP: its read model as an API."""

from flask import Blueprint

BLUEPRINTS: tuple[Blueprint, ...] = ()
