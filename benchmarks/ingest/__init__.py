"""How fast images are received, beside DCMTK, Orthanc and pynetdicom in the same run."""
