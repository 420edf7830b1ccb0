"""What goes back out: DICOM objects and frames made from an analysis."""
