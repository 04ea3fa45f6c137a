"""Leads over HTTP, divided by act."""

from services.leads.api import capture, decisions, filing, importing, work

BLUEPRINTS = (importing.bp, capture.bp, work.bp, decisions.bp, filing.bp)
