"""Web push: encryption for one browser (RFC 8291) and proof of who sends (RFC 8292)."""
