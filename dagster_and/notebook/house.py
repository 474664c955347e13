"""A home opened in a notebook."""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dagster_and.dissection import dissection_files, load_all
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.shared import Shared
from dagster_and.notebook.cards import page
from dagster_and.notebook.dissected import Dissected
from dagster_and.notebook.plots import Plots
from dagster_and.notebook.running import kept, run
from dagster_and.warehouse.reading import reading

if TYPE_CHECKING:
    import polars as pl


class OpenHouse:
    """A home: ``house.dissections``, ``house["ast-demo"]``, ``house.sql(...)``, ``house.run(...)``.

    Every question is put to the warehouse as it is at that moment, so that what a run has made is seen at once.
    """

    def __init__(self, home: Home):
        self.home = home
        Shared.of(home).follow([home.warehouse])

    @property
    def dissections(self) -> "pl.DataFrame":
        """One row per dissection, those that come along, yours, and all in the warehouse: ``dissection``,
        ``description``, ``is_dissected``, and of those that are ``target``, ``clips``, ``neurons`` and ``labelled``.

        Examples:
            >>> house.dissections.filter("is_dissected").select("dissection", "neurons", "labelled")
        """
        import polars as pl

        good, refused = load_all(self.home)
        said = {name: dissection.description for name, dissection in good.items()}
        said |= {name: f"refused: {sentence}" for name, sentence in refused.items()}
        files = pl.DataFrame(
            {"dissection": list(said), "description": list(said.values())},
            schema={"dissection": pl.String, "description": pl.String},
        )
        counts = ("clips", "neurons", "labelled")
        found = pl.DataFrame(schema={"dissection": pl.String, "target": pl.String} | dict.fromkeys(counts, pl.Int64))
        if self.home.warehouse.exists():
            found = self.sql(
                """
                select
                    dissection, target, clips::bigint as clips, neurons::bigint as neurons,
                    labelled::bigint as labelled
                from dim_dissections left join (
                    select dissection, count(label) as labelled from neuron_descriptions group by dissection
                ) using (dissection)
                """
            )
        both = files.join(found.with_columns(is_dissected=True), on="dissection", how="full", coalesce=True)
        is_there = pl.col("is_dissected").fill_null(False)
        return both.select("dissection", "description", is_there, "target", *counts).sort("dissection")

    @property
    def plot(self) -> Plots:
        """Every figure of ``reports/``, of all dissections side by side: ``house.plot.unlearning()``."""
        return Plots(self.home)

    def sql(self, query: str, *values: object) -> "pl.DataFrame":
        """The rows of a query on the warehouse, read-only.

        Args:
            query: DuckDB's SQL, as ``dissect sql`` takes it.
            values: one for each question mark in the query.

        Raises:
            UserError: there is no warehouse yet, or it can't answer the query.

        Examples:
            >>> house.sql("select label from neuron_descriptions where dissection = ?", "ast-demo")
        """
        import duckdb

        with reading(self.home.warehouse) as connection:
            try:
                found = connection.sql(query, params=list(values) or None)
                return connection.sql("select 1 where false").pl() if found is None else found.pl()
            except duckdb.Error as error:
                said = " ".join(str(error).split())
                raise UserError(f"The warehouse can't answer that ({said}): mend the query.") from None

    def run(
        self, settings: str | os.PathLike[str] | Mapping[str, Any], *, name: str | None = None, replace: bool = False
    ) -> Dissected:
        """Run a dissection as ``dissect run`` does, in a process of its own, and give what came of it.

        Args:
            settings: the name of a dissection that is there; or the sections of a dissection file as a dict with
                ``name`` in it, checked as the file is and kept as one in ``dissections/`` of the home. Relative paths
                start there.
            name: of a dict that holds none.
            replace: whether another file of that name may be overwritten.

        Raises:
            UserError: the settings are wrong; a file of that name says something else; or the run did not end well.

        Examples:
            >>> house.run("planted-demo")
            >>> house.run({
            ...     "name": "my-sounds",
            ...     "probing": {"layout": "folder", "path": "/data/my-sounds"},
            ...     "captions": {"captioner": "annotations"},
            ...     "target": {"family": "embedded_ast", "held_out_fold": 5},
            ... })
        """
        if isinstance(settings, Mapping):
            name = kept(settings, name, self.home, replace=replace)
        else:
            name = os.fspath(settings)
        run(name, self.home)
        return self[name]

    def __getitem__(self, name: str) -> Dissected:
        if name in (there := list(self)):
            return Dissected(self.home, name)
        if name in dissection_files(self.home):
            raise UserError(f"{name} is not in the warehouse yet: house.run({name!r}) dissects it.")
        raise UserError(f"There is no dissection {name!r}: write one of {', '.join(there) or '(none yet)'}.")

    def __iter__(self) -> Iterator[str]:
        """Names of the dissections in the warehouse."""
        if not self.home.warehouse.exists():
            return iter(())
        return iter(self.sql("select dissection from dim_dissections order by dissection")["dissection"].to_list())

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __repr__(self) -> str:
        return f"<house at {self.home.root}: {', '.join(self) or 'nothing dissected yet'}>"

    def _repr_html_(self) -> str:
        return page("house.html", root=str(self.home.root), dissections=self.dissections.to_dicts())


def open_house(home: "str | os.PathLike[str] | None" = None) -> OpenHouse:
    """The house in a folder, or where the environment says; see :func:`dagster_and.open`.

    Raises:
        UserError: no folder can have such a name.
    """
    return OpenHouse(Home.from_environment() if home is None else Home.at(home))
