"""Bearer tokens for DICOMweb: of another system of one hospital, or of a viewer for one study."""
