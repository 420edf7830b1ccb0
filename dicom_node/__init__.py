"""The door: receives DICOM, makes it durable, then answers; sends DICOM out."""
