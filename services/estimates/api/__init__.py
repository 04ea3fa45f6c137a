"""Estimates over HTTP, divided by who asks: staff, the customer's programs, the customer's browser."""

from services.estimates.api import books, decisions, drafts, offers, pages, shared, taxes

BLUEPRINTS = (drafts.bp, offers.bp, decisions.bp, books.bp, taxes.bp, shared.bp, pages.bp)
