"""A BEATs checkpoint file in, its network with the published weight names out, or as a target; and back to a file."""
