"""How the desk bears many people at once."""
