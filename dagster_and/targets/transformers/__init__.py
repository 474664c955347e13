"""A folder or hub id of transformers in, its audio network out as a target."""
