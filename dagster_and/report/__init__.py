"""One dissection as one file, to be mailed, printed and kept: no server, no script, nothing beside it."""
