"""Support for tests and benchmarks: contracts every adapter must pass, and in-memory ports."""
