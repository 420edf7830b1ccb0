"""Neural networks: bundles, their registry, and the synthesis and training that made them."""
