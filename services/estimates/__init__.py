"""Owns prices: the price book, the estimate in its versions, the customer's link, and the one acceptance of it."""
