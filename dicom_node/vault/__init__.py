"""Keeps what arrives: durable first, named by us, readable by any DICOM tool. No network and no torch here."""
