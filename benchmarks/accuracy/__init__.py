"""Accuracy of the bundles: real cases from folders the caller names, and frozen synthetic heads."""
