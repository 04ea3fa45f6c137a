"""Owns the people who work here: their teams, branches and roles, how they sign in, and the tokens that say so."""
