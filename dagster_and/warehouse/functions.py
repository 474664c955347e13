"""What dbt's models can't say in SQL: Student's t, when two names are the same, and how a lake beyond a URL is read.
Functions and a file system of the DuckDB connection that they are built on.

dbt-duckdb loads this module by its name in ``dbt_project/profiles.yml``. A model that calls one of the functions has to
be a table, since a reader of the warehouse has none of them.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dbt.adapters.duckdb.plugins import BasePlugin

from dagster_and.lake.storage import Bucket

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def student_t_quantile(p: float, df: float) -> float:
    """Below which value a variable of Student's t with ``df`` degrees of freedom lies with probability ``p``."""
    from scipy.special import stdtrit

    return float(stdtrit(df, p))


def student_t_two_sided_p(t: float, df: float) -> float:
    """Probability that such a variable is as far from zero as ``t``, or further."""
    from scipy.special import stdtr

    return float(2 * stdtr(df, -abs(t)))


def name_key(name: str) -> str:
    """What is equal for names that are the same: the method's own rule, so that SQL and Python can't differ."""
    from dagster_and.method.text import names

    return names.name_key(name)


class Plugin(BasePlugin):
    """Gives the connection the functions under their own names; a null, or a number that is none, makes a null."""

    def configure_connection(self, conn: "DuckDBPyConnection") -> None:
        """Register them. Scipy is imported when the first is called."""
        for function in (student_t_quantile, student_t_two_sided_p, name_key):
            conn.create_function(function.__name__, function)
        url = os.environ.get("AND_TABLES_URL")
        if url:
            Bucket(url, Path()).let_read(conn)
