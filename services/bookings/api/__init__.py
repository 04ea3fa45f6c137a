"""Sold work over HTTP."""

from services.bookings.api import customers, filing, jobs, sales
from services.bookings.api.operations import bp

BLUEPRINTS = (bp, sales.bp, jobs.bp, filing.bp, customers.bp)
