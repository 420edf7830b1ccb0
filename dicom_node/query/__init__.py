"""What other systems may ask of the images we keep: C-FIND, C-MOVE, C-GET (PS3.4 annex C)."""
