"""What each page shows: its template, and what that is told. Served or written to a folder, a page is the same."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagster_and.explorer import comparison, concepts, neurons, overview, searching
from dagster_and.explorer.activations import LabelClips, activations, histogram, most_alike
from dagster_and.explorer.meaning import Texts
from dagster_and.explorer.sounds import Clip
from dagster_and.explorer.warehouse import NotThereError, Reader, Row
from dagster_and.foundation.home import Home
from dagster_and.lake.shared import Shared
from dagster_and.lake.store import Lake

FIGURES = {".png": "image/png", ".svg": "image/svg+xml", ".csv": "text/csv"}


@dataclass(frozen=True)
class View:
    """A template and what it is told, ``name`` of the dissection among it."""

    template: str
    told: dict[str, Any] = field(default_factory=dict)


class Views:
    """The pages of one home; each reads the warehouse by the reader that it is given.

    All but the first raise NotThereError where there is nothing of that name or number.
    """

    def __init__(self, home: Home):
        self._home = home
        self._lake = Lake.of(home)

    def home(self, reader: Reader) -> View:
        """All dissections."""
        return View("home.html", {"name": None, "dissections": overview.dissections(reader)})

    def overview(self, reader: Reader, dissection: str) -> View:
        """One dissection."""
        told = overview.overview(reader, dissection)
        others = [row for row in overview.names(reader) if row != dissection]
        return View("overview.html", {"name": dissection, "others": others, **told})

    def compare(self, reader: Reader, first: str, second: str, measure: str = "", strategy: str = "") -> View:
        """Two dissections side by side."""
        told = comparison.comparison(reader, first, second, measure, strategy)
        return View("compare.html", {"name": None, **told})

    def neurons(
        self, reader: Reader, dissection: str, asked: searching.Search, found: searching.Found | None,
        texts: Texts | None = None,
    ) -> View:  # fmt: skip
        """The search, with what was found."""
        told = {"asked": asked, "found": found, "texts": texts, "choices": searching.choices(reader, dissection)}
        return View("neurons.html", {"name": dissection, **told})

    def neuron(self, reader: Reader, dissection: str, number: int) -> View:
        """One neuron, without those that do the same."""
        return next(self.each_neuron(reader, dissection, [number]))

    def each_neuron(
        self, reader: Reader, dissection: str, numbers: Sequence[int], is_whole: bool = False
    ) -> Iterator[View]:
        """Some neurons in turn, whose activations are read together; whole ones with those that do the same."""
        facts = _facts(reader, dissection, numbers)
        values = activations(self._lake, dissection, facts)
        alike = most_alike(self._lake, dissection, values) if is_whole and values else {}
        marks = LabelClips(reader, dissection)
        known = reader.rows("select concept, concept_id from dim_concepts where dissection = ?", dissection)
        ids = {row["concept"]: row["concept_id"] for row in known}
        pages = neurons.neurons(reader, dissection, numbers)
        lines = _lines(reader, dissection, {other for found in alike.values() for other in found})
        for number in numbers:
            told, own = pages[number], values.get(number)
            shape = None if own is None else histogram(own, marks.of(told["labels"]))
            same = _alike(lines, alike.get(number, {})) if is_whole else None
            told |= {"name": dissection, "facts": facts[number], "histogram": shape, "concept_ids": ids, "alike": same}
            yield View("neuron.html", told)

    def alike(self, reader: Reader, dissection: str, number: int) -> View:
        """The neurons that do most what a neuron does, as a part of its page."""
        values = activations(self._lake, dissection, _facts(reader, dissection, [number]))
        found = most_alike(self._lake, dissection, values)[number] if values else {}
        lines = _lines(reader, dissection, found)
        return View("_alike.html", {"name": dissection, "alike": _alike(lines, found)})

    def concept(self, reader: Reader, dissection: str, number: int, strategy: str = "") -> View:
        """One concept, and the class that it names."""
        told = concepts.concept(reader, dissection, number, strategy)
        return View("concept.html", {"name": dissection, **told})

    def clip(self, reader: Reader, dissection: str, number: int) -> View:
        """One clip, and the neurons that it drives most."""
        clip = reader.row("from dim_clips where dissection = ? and clip_id = ?", dissection, number)
        drives = reader.rows(
            f"""
            select top.rank, top.activation, told.* from fct_top_clips as top
            inner join (select dissection, {searching.COLUMNS} from neuron_descriptions) as told
                on top.dissection = told.dissection and top.neuron_id = told.neuron_id
            where top.dissection = ? and top.clip_id = ? and top.direction = 'highest'
            order by top.rank, told.trust desc nulls last, told.neuron_id limit 25
            """,
            dissection, number,
        )  # fmt: skip
        return View("clip.html", {"name": dissection, "clip": clip, "drives": drives})

    def figures(self) -> View:
        """Every figure of the reports."""
        files = self.figure_files()
        names = sorted(path.stem for path in files.values() if path.suffix == ".png")
        return View("figures.html", {"name": None, "figures": names, "files": files})

    def figure_files(self) -> dict[str, Path]:
        """Files of the reports by name; no other is shown."""
        reports = self._home.reports
        found = reports.glob("*") if reports.is_dir() else ()
        return {path.name: path for path in found if path.suffix in FIGURES and not path.name.startswith(".")}

    def sound_of(self, reader: Reader, dissection: str, number: int) -> Clip:
        """Where a clip's sound lies."""
        row = reader.row(
            "select path, sha256, window_s from dim_clips where dissection = ? and clip_id = ?", dissection, number
        )
        place = Shared.of(self._home).sound(str(self._home.located(row["path"])), row["sha256"])
        return Clip(Path(place), row["sha256"], row["window_s"])


def _facts(reader: Reader, dissection: str, numbers: Sequence[int]) -> dict[int, Row]:
    rows = reader.rows(
        "from dim_neurons where dissection = ? and list_contains(?, neuron_id)", dissection, list(numbers)
    )
    found = {row["neuron_id"]: row for row in rows}
    if missing := [number for number in numbers if number not in found]:
        raise NotThereError(f"{dissection} has no neuron {missing[0]}.")
    return found


def _lines(reader: Reader, dissection: str, numbers: Iterable[int]) -> dict[int, Row]:
    """What a list says of neurons, by neuron_id."""
    rows = reader.rows(
        f"select {searching.COLUMNS} from neuron_descriptions where dissection = ? and list_contains(?, neuron_id)",
        dissection, list(numbers),
    )  # fmt: skip
    return {row["neuron_id"]: row for row in rows}


def _alike(lines: dict[int, Row], correlations: dict[int, float]) -> dict[str, Any]:
    """Of one neuron: those that do the same, the most alike first, as they come."""
    return {"neurons": [lines[number] for number in correlations if number in lines], "correlations": correlations}
