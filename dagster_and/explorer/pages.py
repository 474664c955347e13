"""What the server answers at each address: a view in its template, or one file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from dagster_and.explorer import overview, searching
from dagster_and.explorer.meaning import Meaning
from dagster_and.explorer.sounds import Clip, Sounds
from dagster_and.explorer.templating import environment
from dagster_and.explorer.views import FIGURES, View, Views
from dagster_and.explorer.warehouse import NotThereError, Warehouse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


class Pages:
    """The handlers; each opens the warehouse as it is at that moment."""

    def __init__(self, warehouse: Warehouse, views: Views, meaning: Meaning, sounds: Sounds):
        self._warehouse = warehouse
        self._views = views
        self._meaning = meaning
        self._sounds = sounds
        self._templates = environment()

    def home(self, request: "Request") -> "Response":
        """All dissections."""
        with self._warehouse.reading() as reader:
            return self._page(request, self._views.home(reader))

    def overview(self, request: "Request") -> "Response":
        """One dissection."""
        with self._warehouse.reading() as reader:
            return self._page(request, self._views.overview(reader, _name(request)))

    def compare(self, request: "Request") -> "Response":
        """Two dissections side by side."""
        asked, parts = request.query_params, request.path_params
        with self._warehouse.reading() as reader:
            view = self._views.compare(
                reader, parts["first"], parts["second"], asked.get("measure", ""), asked.get("strategy", "")
            )
        return self._page(request, view)

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
            if "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers:
                told = {"name": name, "asked": asked, "found": found, "texts": texts}
                answer = self._page(request, View("_results.html", told))
                answer.headers["Cache-Control"] = "no-store"  # or going back would show it in place of the page
            else:
                answer = self._page(request, self._views.neurons(reader, name, asked, found, texts))
            answer.headers["Vary"] = "HX-Request"
            return answer

    def neuron(self, request: "Request") -> "Response":
        """One neuron."""
        with self._warehouse.reading() as reader:
            view = self._views.neuron(reader, _name(request), request.path_params["number"])
        return self._page(request, view)

    def alike(self, request: "Request") -> "Response":
        """The neurons that do most what a neuron does, as a part of its page."""
        with self._warehouse.reading() as reader:
            view = self._views.alike(reader, _name(request), request.path_params["number"])
        return self._page(request, view)

    def concept(self, request: "Request") -> "Response":
        """One concept, and the class that it names."""
        strategy = request.query_params.get("strategy", "")
        with self._warehouse.reading() as reader:
            view = self._views.concept(reader, _name(request), request.path_params["number"], strategy)
        return self._page(request, view)

    def clip(self, request: "Request") -> "Response":
        """One clip, and the neurons that it drives most."""
        with self._warehouse.reading() as reader:
            view = self._views.clip(reader, _name(request), request.path_params["number"])
        return self._page(request, view)

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
        return self._page(request, self._views.figures())

    def figure(self, request: "Request") -> "Response":
        """One file of the reports, if it is one that was listed."""
        from starlette.responses import FileResponse

        path = self._views.figure_files().get(request.path_params["file"])
        if path is None:
            raise NotThereError("There is no such figure.")
        return FileResponse(path, media_type=FIGURES[path.suffix])

    def message(self, request: "Request", title: str, text: str, status: int) -> "Response":
        """One sentence, as a page."""
        told = {"name": request.path_params.get("dissection"), "title": title, "text": text}
        return self._page(request, View("message.html", told), status)

    def _page(self, request: "Request", view: View, status: int = 200) -> "Response":
        from starlette.responses import HTMLResponse

        text = self._templates.get_template(view.template).render(**view.told, at=_at(request), copy=None)
        return HTMLResponse(text, status)

    def _file(self, request: "Request", made: Callable[[Clip], Path], media_type: str) -> "Response":
        from starlette.responses import FileResponse

        with self._warehouse.reading() as reader:
            clip = self._views.sound_of(reader, _name(request), request.path_params["number"])
        return FileResponse(made(clip), media_type=media_type, headers={"Cache-Control": "private, max-age=600"})


def _at(request: "Request") -> Callable[..., str]:
    """Addresses on this server; whatever a dissection or a file is called, it stays one part of one."""

    def at(page: str, asked: dict[str, object] | None = None, **parts: object) -> str:
        path = request.app.url_path_for(page, **{name: quote(str(part), safe="") for name, part in parts.items()})
        return f"{path}?{urlencode(asked)}" if asked else str(path)

    return at


def _name(request: "Request") -> str:
    return request.path_params["dissection"]
