"""Sound in numbers and in words: acoustics, log-mel statistics, and the rules that put acoustics into words."""
