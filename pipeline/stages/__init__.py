"""What is worked out between a volume and its findings: pure functions, no files, no models."""
