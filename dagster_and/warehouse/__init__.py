"""The warehouse: built by dbt from the lake (its only writer), read by everyone else."""
