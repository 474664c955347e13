"""Audio Network Dissection (ICML 2024) as a database-centric pipeline."""
