"""The console over HTTP: its read model as an API, and the pages that people use."""

from services.console.api import pipeline
from services.console.api.screens import BLUEPRINTS as SCREENS

BLUEPRINTS = (pipeline.bp, *SCREENS)
