"""Opinions as a browser writes, reads and prints them."""
