"""What every package stands on: where things live, the order of the rooms, keys by content, the error for people."""
