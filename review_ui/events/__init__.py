"""Live events: what the database tells of, sent to every browser that may see it."""
