"""The analysis of a folder of DICOM files, without server, database or network."""
