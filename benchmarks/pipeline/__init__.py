"""The whole pipeline at the paper's size, and at a sixteenth and a quarter of it, room by room."""
