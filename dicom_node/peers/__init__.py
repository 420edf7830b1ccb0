"""The DICOM nodes we know, each belonging to a site: kept in the database, remembered in a file."""
