"""Before any work: what can be refused, and how many calls a language model will be asked."""
