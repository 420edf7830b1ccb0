"""STOW-RS (PS3.18 10.5): a second way in to the same vault, with the same promise."""
