"""DICOM peers on a page for administrators."""
