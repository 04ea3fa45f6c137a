"""Owns the console: the read model that lists, board, timeline, search and reports are drawn from, and its screens."""
