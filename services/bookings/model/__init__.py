"""Customers, jobs, sales and booking orders, with what each of them may do."""

from services.bookings.model.base import SHELF, TABLES, Base
from services.bookings.model.booking import LATER, Booking
from services.bookings.model.customer import Customer, MatchKey
from services.bookings.model.job import Job
from services.bookings.model.parts import Assignment, Part
from services.bookings.model.sale import Sale

__all__ = [
    "LATER",
    "SHELF",
    "TABLES",
    "Assignment",
    "Base",
    "Booking",
    "Customer",
    "Job",
    "MatchKey",
    "Part",
    "Sale",
]
