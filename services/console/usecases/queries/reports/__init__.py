"""Reports: tables of numbers with their definitions, and for every row the question that lists the cards behind it."""

from services.console.usecases.queries.reports.report import Column, Report
from services.console.usecases.queries.reports.table import REPORTS, csv_of, report, titles

__all__ = ["REPORTS", "Column", "Report", "csv_of", "report", "titles"]
