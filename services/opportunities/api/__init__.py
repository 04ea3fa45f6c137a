"""Opportunities over HTTP, divided by what it is about."""

from services.opportunities.api import appointments, decisions, filing, opportunities, questions

BLUEPRINTS = (appointments.bp, questions.bp, opportunities.bp, decisions.bp, filing.bp)
