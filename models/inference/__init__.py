"""From a volume in patient space to a mask on the same voxels: resampling, network, post-processing."""
