"""What a dissection takes at sizes that nobody here can run: from measured units, stated prices, and the simulation."""
