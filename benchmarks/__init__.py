"""Accuracy and speed, measured the same way every time; figures land in RESULTS.md."""
