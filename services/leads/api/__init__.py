"""Leads over HTTP, divided by act."""

from services.leads.api import capture, decisions, importing, work

BLUEPRINTS = (importing.bp, capture.bp, work.bp, decisions.bp)
