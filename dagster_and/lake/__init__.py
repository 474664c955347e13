"""The lake: Parquet tables (:mod:`tables`), written and read by :mod:`store`; the border between Python and SQL."""
