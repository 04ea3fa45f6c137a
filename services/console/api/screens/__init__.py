"""The console's pages: HTML over the same doors that every other client uses."""

from flask import Blueprint

from services.console.api.screens import (
    assets,
    board,
    bookings,
    calendar,
    cards,
    catalogue,
    changes,
    doing,
    estimates,
    filing,
    jobs,
    leads,
    live,
    more,
    notifications,
    operations,
    opportunities,
    parked,
    present,
    reports,
    searching,
    settings,
    signin,
    staffing,
    today,
    tour,
    webhooks,
)
from services.console.api.screens.frame import dress

PAGES = Blueprint("console_pages", __name__, template_folder="../../pages")
PAGES.record_once(lambda state: dress(state.app))

BLUEPRINTS = (
    PAGES,
    assets.bp,
    signin.bp,
    today.bp,
    leads.bp,
    opportunities.bp,
    bookings.bp,
    jobs.bp,
    filing.bp,
    operations.bp,
    board.bp,
    cards.bp,
    searching.bp,
    reports.bp,
    tour.bp,
    estimates.bp,
    present.bp,
    catalogue.bp,
    staffing.bp,
    parked.bp,
    webhooks.bp,
    changes.bp,
    settings.bp,
    calendar.bp,
    notifications.bp,
    doing.bp,
    live.bp,
    more.bp,
)
