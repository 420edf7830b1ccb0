"""Synthetic images beside real ones, for eyes to judge; figures that compare their intensities and noise."""
