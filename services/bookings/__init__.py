"""Owns what was sold: customers, jobs, the sale that makes them, and booking orders on their way through operations."""
