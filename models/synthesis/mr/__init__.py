"""Synthetic diffusion MR of a head from the same anatomies as the CT: `draw`, `paint`, then `acquire` slices."""
