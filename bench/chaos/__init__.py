"""Funnels under load while everything dies, again and again; then the auditor compares sets of ids."""

from bench.chaos.run import Plan, run

__all__ = ["Plan", "run"]
