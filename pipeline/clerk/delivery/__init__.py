"""Delivery: what other systems are owed is sent, confirmed and tried again by the clerk."""
