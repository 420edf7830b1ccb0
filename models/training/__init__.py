"""Train a bundle from synthesis alone: `python -m models.training ich-ct --minutes 60 --out DIR`."""
