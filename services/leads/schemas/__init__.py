"""What comes in about leads and what goes out."""
