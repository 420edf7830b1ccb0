"""Synthetic head CT painted from anatomical priors: `draw` a recipe, `paint` it, `acquire` slices of it."""
