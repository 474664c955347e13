"""One dissection in a notebook."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dagster_and.dissection import Dissection, find
from dagster_and.explorer.meaning import Meaning
from dagster_and.explorer.searching import WAYS, Search, search
from dagster_and.explorer.warehouse import NoWarehouseError, Reader, Warehouse
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ACTIVATIONS
from dagster_and.notebook.cards import page
from dagster_and.notebook.neuron import Neuron
from dagster_and.notebook.plots import Plots
from dagster_and.warehouse.reading import reading

if TYPE_CHECKING:
    import polars as pl

PAUSE_S = 0.02
NEURONS = """
    select
        neuron_id, block_index, sublayer, neuron_index, layer_name, class_label, label, second_label, statement,
        description, verdict, trust, trust_low, trust_high, label_auroc, label_low, label_high, label_accounts_for,
        effective_clips
    from neuron_descriptions where dissection = ? order by neuron_id
"""


class Dissected:
    """A dissection of the warehouse: ``neurons``, ``clips``, ``neuron(...)``, ``find(...)``, ``activations(...)``,
    ``plot``.
    """

    def __init__(self, home: Home, name: str):
        self.home = home
        self.name = name

    @property
    def settings(self) -> Dissection:
        """The dissection file.

        Raises:
            UserError: it is no longer there, or wrong.
        """
        return find(self.name, self.home)

    @property
    def facts(self) -> dict[str, Any]:
        """Its row of ``dim_dissections``: the target, how many clips and neurons, accuracy on the held-out fold."""
        return self._rows("from dim_dissections where dissection = ?").row(0, named=True)

    @property
    def neurons(self) -> "pl.DataFrame":
        """One row per neuron: where it lies, its label, the ``statement`` (a sentence), the description, the verdict,
        ``trust`` (the score of the statement, an AUROC) with ``trust_low`` and ``trust_high`` (95 % interval).

        Examples:
            >>> d.neurons.filter(pl.col("verdict") == "labelled").sort("trust_low", descending=True).head()
        """
        return self._rows(NEURONS)

    @property
    def clips(self) -> "pl.DataFrame":
        """One row per clip, in the order of ``activations``: ``dim_clips`` without the dissection."""
        return self._rows("select * exclude (dissection) from dim_clips where dissection = ? order by clip_id")

    @property
    def plot(self) -> Plots:
        """Every figure of ``reports/``, of this dissection: ``d.plot.labels_by_block()``."""
        return Plots(self.home, self.name)

    def neuron(
        self, neuron_id: int | None = None, *, block: int | None = None, sublayer: str | None = None,
        index: int | None = None,
    ) -> Neuron:  # fmt: skip
        """One neuron, by its number or by its place; a notebook shows it with its clips.

        Args:
            neuron_id: its number; or else
            block: of its layer, and
            sublayer: of its layer, and
            index: its row in the layer.

        Raises:
            UserError: there is none, or neither a number nor a whole place is given.

        Examples:
            >>> d.neuron(1221)
            >>> d.neuron(block=3, sublayer="output", index=12)
        """
        place = (block, sublayer, index)
        given = [part is not None for part in place]
        if any(given) if neuron_id is not None else not all(given):
            raise UserError(
                "Which neuron? Write its number, as in neuron(17), or its place, as in "
                'neuron(block=3, sublayer="output", index=12).'
            )
        with self._reading() as reader:
            if neuron_id is None:
                neuron_id = self._number(reader, place)
            return Neuron.of(reader, self.home, self.name, int(neuron_id))

    def find(
        self, words: str, n: int = 10, *, by: Literal["words", "meaning"] = "words", block: int | None = None,
        sublayer: str | None = None, verdict: str = "", concept: str = "", least_trust: float | None = None,
    ) -> "pl.DataFrame":  # fmt: skip
        """The neurons of which that is said, best first, as the explorer finds them.

        Args:
            words: that all have to be in what is said; or what it should mean.
            n: at most so many.
            by: ``words``, or ``meaning``: nearest by all-MiniLM-L6-v2; the first such search reads every text once.
            block: of the layer, together with
            sublayer: of the layer.
            verdict: such as ``labelled``.
            concept: that the neuron carries.
            least_trust: 0.5 to 1.

        Returns:
            a row a neuron, as ``neurons`` has it, of at least its place, label, sentence, verdict and trust.

        Raises:
            UserError: a setting makes no sense.

        Examples:
            >>> d.find("dripping water", n=5, by="meaning")
        """
        import polars as pl

        if by not in WAYS:
            raise UserError(f"by is {by!r}: write one of {', '.join(WAYS)}.")
        if (block is None) != (sublayer is None):
            raise UserError("A layer is a block and a sublayer: write both, or neither.")
        if n < 1:
            raise UserError(f"n is {n}: write at least 1.")
        layer = "" if block is None else f"{block}.{sublayer}"
        asked = Search(" ".join(words.split()), by, layer, verdict, concept, least_trust)
        with self._reading() as reader:
            near = self._nearness(reader, asked.words) if by == "meaning" and asked.words else None
            found = search(reader, self.name, asked, near, per_page=n).neurons
        columns = self._rows(f"{NEURONS} limit 0").schema
        rows = pl.DataFrame(found, infer_schema_length=None) if found else pl.DataFrame(schema=columns)
        known = [name for name in columns if name in rows.columns]
        return rows.select(known).cast({name: columns[name] for name in known})

    def activations(self, neuron_ids: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """What neurons do on every clip, float32 "neuron clip", in the order asked for; clips as in ``clips``.

        Args:
            neuron_ids: which; None: all of them, 4 bytes a neuron and clip.

        Raises:
            UserError: there is no such neuron, or the lake is no longer what the warehouse was made of.

        Examples:
            >>> d.activations(d.find("siren")["neuron_id"]).shape
            (10, 240)
        """
        facts = self._rows("select neuron_id, activation_mean from dim_neurons where dissection = ? order by neuron_id")
        known, means = facts["neuron_id"].to_numpy(), facts["activation_mean"].to_numpy()
        wanted = known if neuron_ids is None else np.atleast_1d(np.asarray(neuron_ids, dtype=np.int64))
        strange = np.setdiff1d(wanted, known)
        if len(strange):
            raise UserError(f"{self.name} has no neuron {strange[0]}: write numbers from {known[0]} to {known[-1]}.")
        distinct, back = np.unique(wanted, return_inverse=True)
        rows, seen = [], []
        for batch in Lake.of(self.home).batches(ACTIVATIONS, self.name):
            is_wanted = np.isin(batch.column("neuron_id").to_numpy(), distinct)
            if is_wanted.any():
                values = batch.column("activation").flatten().to_numpy().reshape(batch.num_rows, -1)
                rows.append(values[is_wanted])
                seen.append(batch.column("mean").to_numpy()[is_wanted])
        expected = means[np.searchsorted(known, distinct)]
        found = np.concatenate(seen) if seen else np.zeros(0)
        if found.shape != expected.shape or not np.allclose(found, expected, equal_nan=True):
            raise UserError(
                f"The activations in the lake are not those that the warehouse was made of: a run may be going on; "
                f"else `dissect run {self.name}` makes both agree."
            )
        return np.concatenate(rows)[back] if rows else np.zeros((0, 0), dtype=np.float32)

    def __repr__(self) -> str:
        facts = self.facts
        return f"<dissection {self.name}: {facts['neurons']} neurons of {facts['target']} on {facts['clips']} clips>"

    def _repr_html_(self) -> str:
        with self._reading() as reader:
            verdicts = reader.rows(
                "select verdict, count(*) as neurons from neuron_descriptions where dissection = ? group by verdict "
                "order by neurons desc", self.name
            )  # fmt: skip
        return page("dissected.html", name=self.name, facts=self.facts, verdicts=verdicts)

    def _number(self, reader: Reader, place: tuple[int | None, str | None, int | None]) -> int:
        query = "from dim_neurons where dissection = ? and block_index = ? and sublayer = ? and neuron_index = ?"
        found = reader.column(f"select neuron_id {query}", self.name, *place)
        if not found:
            layers = reader.rows(
                "select block_index, sublayer, count(*) as neurons from dim_neurons where dissection = ? "
                "group by block_index, sublayer order by min(neuron_id)", self.name
            )  # fmt: skip
            known = "; ".join(
                f"block {row['block_index']} {row['sublayer']} (0 to {row['neurons'] - 1})" for row in layers
            )
            raise UserError(f"{self.name} has no neuron {place[2]} in block {place[0]} {place[1]}: it has {known}.")
        return found[0]

    def _rows(self, query: str) -> "pl.DataFrame":
        with reading(self.home.warehouse) as connection:
            return connection.sql(query, params=[self.name]).pl()

    def _nearness(self, reader: Reader, words: str) -> Mapping[str, float]:
        """Of what is said of neurons, how near it is in meaning, once all of it is encoded.

        Raises:
            UserError: the encoder can't be loaded.
        """
        meaning = Meaning(self.home.cache / "embeddings")
        texts = meaning.texts(reader, self.name)  # encoded by a thread of its own
        while texts.vectors is None and texts.trouble is None:
            time.sleep(PAUSE_S)
        if texts.trouble:
            raise UserError(texts.trouble)
        return meaning.nearness(texts, words)

    @contextmanager
    def _reading(self) -> Iterator[Reader]:
        try:
            with Warehouse(self.home.warehouse).reading() as reader:
                yield reader
        except NoWarehouseError as error:
            raise UserError(f"{error} `dissect run {self.name}` makes one.") from None
