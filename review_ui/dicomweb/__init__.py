"""A small DICOMweb (PS3.18) over the vault: series, metadata, instances and frames. It never decodes a pixel."""
