"""The seam of targets: the network under dissection, opened, trained, recorded and cut."""
