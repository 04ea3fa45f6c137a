"""Owns enquiries: from whichever door one came in, until it is valid, invalid, merged or converted."""
