"""Cases as the desk reads and changes them in the database."""
