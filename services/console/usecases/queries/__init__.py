"""Showing what was heard: plain rows, few queries, in the caller's scope."""
