"""Requests for an opinion: what a browser sends, sees and prints."""
