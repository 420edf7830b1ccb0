"""Hospitals, by the short names administrators give them."""

from __future__ import annotations

LOCAL_SITE = "local"
"""The site of senders on this very machine that no administrator named."""
