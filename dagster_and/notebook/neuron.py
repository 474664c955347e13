"""One neuron in a notebook."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_and.explorer.sounds import Clip
from dagster_and.explorer.warehouse import Reader
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.shared import Shared
from dagster_and.notebook.cards import page
from dagster_and.notebook.media import media
from dagster_and.warehouse.reading import reading

if TYPE_CHECKING:
    import polars as pl

SHOWN = 5
"""Clips with sound and picture: so many at most in one cell of a notebook."""


@dataclass(frozen=True, repr=False)
class Neuron:
    """A neuron of the warehouse. ``facts`` is its whole row of ``neuron_descriptions``."""

    home: Home
    facts: dict[str, Any]

    @classmethod
    def of(cls, reader: Reader, home: Home, dissection: str, neuron_id: int) -> "Neuron":
        """The neuron of that number.

        Raises:
            UserError: there is none.
        """
        told = reader.rows("from neuron_descriptions where dissection = ? and neuron_id = ?", dissection, neuron_id)
        if not told:
            (last,) = reader.column("select max(neuron_id) from dim_neurons where dissection = ?", dissection)
            raise UserError(f"{dissection} has no neuron {neuron_id}: write a number from 0 to {last}.")
        return cls(home, told[0])

    @property
    def neuron_id(self) -> int:
        """Its number within the dissection."""
        return self.facts["neuron_id"]

    @property
    def label(self) -> str | None:
        """The shortest form of atoms that its activation follows; None where none holds."""
        return self.facts["label"]

    @property
    def statement(self) -> str | None:
        """What can be said of it, as a sentence: the label's, else the description that holds; None where neither."""
        return self.facts["statement"]

    @property
    def description(self) -> str | None:
        """AND's description: the sentences of its summary that the lowest clips don't share."""
        return self.facts["description"]

    @property
    def verdict(self) -> str:
        """``labelled``, ``described``, ``no_evidence`` or ``dead``."""
        return self.facts["verdict"]

    @property
    def trust(self) -> float | None:
        """The score of the statement: its AUROC on clips that did not make it; 0.5 is chance."""
        return self.facts["trust"]

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of ``trust``."""
        return None if self.trust is None else (self.facts["trust_low"], self.facts["trust_high"])

    @property
    def clips(self) -> "pl.DataFrame":
        """Its highest and lowest clips, a row each: direction, rank, activation, clip_id, filename, label, caption.

        And when in the clip it is largest, or smallest (``moment_start_s``, ``moment_end_s``); null of a layer without
        time. ``moment_caption``: what an audio LLM hears then; null unless ``captions.moment_s`` is set.
        """
        return self._rows(
            "select direction, rank, activation, clip_id, filename, label, caption, moment_start_s, moment_end_s, "
            "moment_caption from fct_top_clips where dissection = ? and neuron_id = ? order by direction, rank"
        )

    @property
    def story(self) -> "pl.DataFrame":
        """Everything that made it what it is called, as ``dissect trace`` tells it: part, place, what, detail."""
        return self._rows("from neuron_story(?, ?)")

    def __repr__(self) -> str:
        said = self.statement or "nothing holds of it"
        place = f"block {self.facts['block_index']} {self.facts['sublayer']}, unit {self.facts['neuron_index']}"
        return f"<neuron {self.neuron_id} of {self.facts['dissection']}, {place}: {said}>"

    def _repr_html_(self) -> str:
        rows = self._rows(
            "select top.*, clips.path, clips.window_s from fct_top_clips as top "
            "inner join dim_clips as clips using (dissection, clip_id) where top.dissection = ? and top.neuron_id = ? "
            f"and top.direction = 'highest' and top.rank <= {SHOWN} order by top.rank"
        )
        shown = [row | {"media": media(self._clip(row))} for row in rows.to_dicts()]
        return page("neuron.html", told=self.facts, clips=shown)

    def _clip(self, row: "dict[str, Any]") -> Clip:
        place = Shared.of(self.home).sound(str(self.home.located(row["path"])), row["sha256"])
        return Clip(Path(place), row["sha256"], row["window_s"])

    def _rows(self, query: str) -> "pl.DataFrame":
        with reading(self.home.warehouse) as connection:
            return connection.sql(query, params=[self.facts["dissection"], self.neuron_id]).pl()
