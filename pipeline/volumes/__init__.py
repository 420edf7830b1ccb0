"""From the files of a series to a volume with true geometry, and back to its own slices."""
