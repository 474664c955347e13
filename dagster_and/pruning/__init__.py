"""The pruning room between the lake, the target and the method: what is read, in which form, and the export."""
