"""``dissect run``: the whole graph in one process, and what people are told while it goes on."""
