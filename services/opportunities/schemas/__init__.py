"""What comes in about opportunities and what goes out, divided by what it is about."""
