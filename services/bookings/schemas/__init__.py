"""What comes in about sold work and what goes out."""
