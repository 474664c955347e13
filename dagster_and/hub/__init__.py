"""Models from a folder or the hub: whether they are there, and quietly."""
