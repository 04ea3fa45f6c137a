"""Owns opportunities: a valid lead being worked, with its appointments and questions, until it is won or lost."""
