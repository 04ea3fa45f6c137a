"""What may be asked of the read model, and what it answers."""
