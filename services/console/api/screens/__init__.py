"""The console's pages: HTML over the same doors that every other client uses."""

from flask import Blueprint

from services.console.api.screens import (
    assets,
    board,
    bookings,
    cards,
    doing,
    estimates,
    jobs,
    leads,
    more,
    operations,
    opportunities,
    parked,
    prices,
    reports,
    searching,
    settings,
    signin,
    staffing,
    today,
    tour,
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
    operations.bp,
    board.bp,
    cards.bp,
    searching.bp,
    reports.bp,
    tour.bp,
    estimates.bp,
    staffing.bp,
    parked.bp,
    prices.bp,
    settings.bp,
    doing.bp,
    more.bp,
)
