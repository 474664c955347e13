"""A target and chosen neurons in, the network without them out, or its logits with and without them."""
