"""Figures for Prometheus, read from the database when it asks: no patient, no study, no address in them."""
