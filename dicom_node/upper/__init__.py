"""Our own upper layer (PS3.8), for associations that only store and echo."""
