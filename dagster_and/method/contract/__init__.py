"""How a table says what it holds: grain, key, columns."""
