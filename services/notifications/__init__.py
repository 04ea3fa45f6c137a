"""Owns notifications: who is told of what, by what channel, and what waits for each person right now."""
