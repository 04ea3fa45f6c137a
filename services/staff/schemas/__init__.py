"""What comes in about staff and what goes out, divided by what it is about."""
