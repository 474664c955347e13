"""What is answered at each address: one query's rows in one template, or one file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_and.explorer import concepts, neurons, overview, searching
from dagster_and.explorer.activations import activations, histogram, label_clips, most_alike
from dagster_and.explorer.meaning import Meaning
from dagster_and.explorer.sounds import Clip, Sounds
from dagster_and.explorer.templating import templates
from dagster_and.explorer.warehouse import NotThereError, Reader, Warehouse
from dagster_and.foundation.home import Home
from dagster_and.lake.shared import Shared
from dagster_and.lake.store import Lake

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

FIGURES = {".png": "image/png", ".svg": "image/svg+xml", ".csv": "text/csv"}


class Pages:
    """The handlers; each opens the warehouse as it is at that moment."""

    def __init__(self, warehouse: Warehouse, lake: Lake, meaning: Meaning, sounds: Sounds, home: Home):
        self._warehouse = warehouse
        self._lake = lake
        self._meaning = meaning
        self._sounds = sounds
        self._home = home
        self._templates = templates()

    def home(self, request: "Request") -> "Response":
        """All dissections."""
        with self._warehouse.reading() as reader:
            return self._page(request, "home.html", dissections=overview.dissections(reader))

    def overview(self, request: "Request") -> "Response":
        """One dissection."""
        with self._warehouse.reading() as reader:
            return self._page(request, "overview.html", **overview.overview(reader, _name(request)))

    def neurons(self, request: "Request") -> "Response":
        """The search; for htmx its results alone."""
        name, asked = _name(request), searching.Search.of(request.query_params)
        with self._warehouse.reading() as reader:
            overview.dissection(reader, name)
            nearness, texts = None, None
            if asked.by == "meaning" and asked.words:
                texts = self._meaning.texts(reader, name)
                if texts.vectors is not None:
                    nearness = self._meaning.nearness(texts, asked.words)
            waits = texts is not None and texts.vectors is None
            found = None if waits else searching.search(reader, name, asked, nearness)
            told = {"asked": asked, "found": found, "texts": texts}
            if "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers:
                answer = self._page(request, "_results.html", **told)
                answer.headers["Cache-Control"] = "no-store"  # or going back would show it in place of the page
            else:
                answer = self._page(request, "neurons.html", **told, choices=searching.choices(reader, name))
            answer.headers["Vary"] = "HX-Request"
            return answer

    def neuron(self, request: "Request") -> "Response":
        """One neuron."""
        name, number = _name(request), request.path_params["number"]
        with self._warehouse.reading() as reader:
            told = neurons.neuron(reader, name, number)
            facts = reader.row("from dim_neurons where dissection = ? and neuron_id = ?", name, number)
            values = activations(self._lake, name, number, facts)
            marked = label_clips(reader, name, told["labels"]) if values is not None else None
            shape = None if values is None else histogram(values, marked)
            known = reader.rows("select concept, concept_id from dim_concepts where dissection = ?", name)
            ids = {row["concept"]: row["concept_id"] for row in known}
        return self._page(request, "neuron.html", **told, facts=facts, histogram=shape, concept_ids=ids)

    def alike(self, request: "Request") -> "Response":
        """The neurons that do most what a neuron does, as a part of its page."""
        name, number = _name(request), request.path_params["number"]
        with self._warehouse.reading() as reader:
            facts = reader.row("from dim_neurons where dissection = ? and neuron_id = ?", name, number)
            values = activations(self._lake, name, number, facts)
            found = {} if values is None else most_alike(self._lake, name, number, values)
            rows = reader.rows(
                f"""
                select {searching.COLUMNS} from neuron_descriptions
                where dissection = ? and list_contains(?, neuron_id)
                """,
                name, list(found),
            )  # fmt: skip
        rows.sort(key=lambda row: -found[row["neuron_id"]])
        return self._page(request, "_alike.html", neurons=rows, correlations=found)

    def concept(self, request: "Request") -> "Response":
        """One concept, and the class that it names."""
        strategy = request.query_params.get("strategy", "")
        with self._warehouse.reading() as reader:
            told = concepts.concept(reader, _name(request), request.path_params["number"], strategy)
        return self._page(request, "concept.html", **told)

    def clip(self, request: "Request") -> "Response":
        """One clip, and the neurons that it drives most."""
        name, number = _name(request), request.path_params["number"]
        with self._warehouse.reading() as reader:
            clip = reader.row("from dim_clips where dissection = ? and clip_id = ?", name, number)
            drives = reader.rows(
                f"""
                select top.rank, top.activation, told.* from fct_top_clips as top
                inner join (select dissection, {searching.COLUMNS} from neuron_descriptions) as told
                    on top.dissection = told.dissection and top.neuron_id = told.neuron_id
                where top.dissection = ? and top.clip_id = ? and top.direction = 'highest'
                order by top.rank, told.trust desc nulls last, told.neuron_id limit 25
                """,
                name, number,
            )  # fmt: skip
        return self._page(request, "clip.html", clip=clip, drives=drives)

    def sound(self, request: "Request") -> "Response":
        """A clip to listen to."""
        return self._file(request, self._sounds.sound, "audio/flac")

    def waveform(self, request: "Request") -> "Response":
        """A clip's envelope."""
        return self._file(request, self._sounds.waveform, "image/svg+xml")

    def spectrogram(self, request: "Request") -> "Response":
        """A clip's spectrogram."""
        return self._file(request, self._sounds.spectrogram, "image/png")

    def figures(self, request: "Request") -> "Response":
        """Every figure of the reports."""
        files = self._figure_files()
        names = sorted(path.stem for path in files.values() if path.suffix == ".png")
        return self._page(request, "figures.html", figures=names, files=files)

    def figure(self, request: "Request") -> "Response":
        """One file of the reports, if it is one that was listed."""
        from starlette.responses import FileResponse

        path = self._figure_files().get(request.path_params["file"])
        if path is None:
            raise NotThereError("There is no such figure.")
        return FileResponse(path, media_type=FIGURES[path.suffix])

    def message(self, request: "Request", title: str, text: str, status: int) -> "Response":
        """One sentence, as a page."""
        return self._page(request, "message.html", status=status, title=title, text=text)

    def _page(self, request: "Request", template: str, status: int = 200, **told: Any) -> "Response":
        name = request.path_params.get("dissection")
        return self._templates.TemplateResponse(request, template, {"name": name, **told}, status_code=status)

    def _file(self, request: "Request", made: Callable[[Clip], Path], media_type: str) -> "Response":
        from starlette.responses import FileResponse

        with self._warehouse.reading() as reader:
            clip = _clip(reader, self._home, _name(request), request.path_params["number"])
        return FileResponse(made(clip), media_type=media_type, headers={"Cache-Control": "private, max-age=600"})

    def _figure_files(self) -> dict[str, Path]:
        reports = self._home.reports
        found = reports.glob("*") if reports.is_dir() else ()
        return {path.name: path for path in found if path.suffix in FIGURES and not path.name.startswith(".")}


def _name(request: "Request") -> str:
    return request.path_params["dissection"]


def _clip(reader: Reader, home: Home, name: str, number: int) -> Clip:
    row = reader.row("select path, sha256, window_s from dim_clips where dissection = ? and clip_id = ?", name, number)
    place = Shared.of(home).sound(str(home.located(row["path"])), row["sha256"])
    return Clip(Path(place), row["sha256"], row["window_s"])
