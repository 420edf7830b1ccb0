"""How long a bundle takes from decoded slices to findings, beside the stock MONAI pipeline and the device's limits."""
