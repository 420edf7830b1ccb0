"""What the vault holds: verified, counted, taken out, taken in, and told to a new database."""
