"""The console over HTTP: its read model as an API."""

from services.console.api import pipeline

BLUEPRINTS = (pipeline.bp,)
