"""The device that networks run on: which one, how tensors get there and back, and how much goes through it at once."""
