"""The name of a user's function in, the network that it returns out as a target."""
