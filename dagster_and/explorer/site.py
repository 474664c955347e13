"""A copy of the explorer as files: for any web server, or for none. Its pages are the server's, by the same templates.

A page is written because another one links it: whoever asks where something lies (``at``) has it written.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import quote, urlencode

from dagster_and.explorer import overview
from dagster_and.explorer.app import STATIC
from dagster_and.explorer.index import index, ranked
from dagster_and.explorer.searching import Search
from dagster_and.explorer.sounds import Clip, Sounds
from dagster_and.explorer.templating import environment
from dagster_and.explorer.views import View, Views
from dagster_and.explorer.warehouse import NotThereError, Reader, Row
from dagster_and.foundation.home import Home
from dagster_and.foundation.progress import progress

Handling = Literal["copy", "link", "none"]
"""Of sounds: what was heard, as FLAC; links to the files that were dissected, for this machine alone; or none."""
MOST_NEURONS_AT_ONCE = 256
SERVER_ONLY = ("htmx.min.js", "htmx.LICENSE.txt")
LINE: Row = {
    "neuron_id": 0, "block_index": 0, "sublayer": "", "neuron_index": 0, "class_label": None, "label": "",
    "statement": "", "description": None, "verdict": "", "trust": 0.5, "trust_low": 0.5, "trust_high": 0.5,
}  # fmt: skip
"""A neuron that the search's script writes over."""


@dataclass(frozen=True)
class Pages:
    """Of a dissection's neurons the first ``pages`` have one."""

    pages: int
    neurons: int


@dataclass(frozen=True)
class Copy:
    """What a copy holds, for the templates."""

    sounds: Handling
    pages: dict[str, Pages]
    line: Row = field(default_factory=lambda: LINE)

    def left_out(self, name: str) -> Pages | None:
        """Of a dissection some of whose neurons have no page, how many have one."""
        of = self.pages.get(name)
        return of if of and of.pages < of.neurons else None


@dataclass(frozen=True)
class Written:
    """What a copy came to."""

    pages: int
    sounds: int
    without_sound: int
    """Clips whose file is gone, or has changed since."""
    bytes: int


@dataclass(frozen=True)
class _Address:
    page: str
    asked: tuple[tuple[str, str], ...] = ()
    parts: tuple[tuple[str, Any], ...] = ()

    @property
    def path(self) -> PurePosixPath:
        """Where it lies in the copy; whatever a dissection or a file is called, it stays one part of the path."""
        parts = {name: _part(value) for name, value in self.parts}
        kind = "".join(f".{_part(name)}-{_part(value)}" for name, value in self.asked)
        return PurePosixPath(PATHS[self.page].format(**parts, kind=kind))


PATHS = {
    "home": "index.html",
    "static": "static/{path}",
    "figures": "figures.html",
    "figure": "figures/{file}",
    "compare": "compare/{first}/{second}{kind}.html",
    "overview": "d/{dissection}/index.html",
    "neurons": "d/{dissection}/neurons.html",
    "index": "d/{dissection}/neurons.js",
    "neuron": "d/{dissection}/neurons/{number}.html",
    "any_neuron": "d/{dissection}/neurons/NUMBER.html",
    "concept": "d/{dissection}/concepts/{number}{kind}.html",
    "clip": "d/{dissection}/clips/{number}.html",
    "waveform": "d/{dissection}/clips/{number}.svg",
    "spectrogram": "d/{dissection}/clips/{number}.png",
    "sound": "d/{dissection}/clips/{number}.{suffix}",
}
OF_A_CLIP = ("waveform", "spectrogram", "sound")


class Site:
    """Writes a copy of what one reader of the warehouse sees."""

    def __init__(self, home: Home, reader: Reader, folder: Path, neurons: int | None = None, sounds: Handling = "copy"):
        """Args as of the command: the ``neurons`` most trusted ones of each dissection get a page, or all."""
        self._reader = reader
        self._folder = folder
        self._handling = sounds
        self._views = Views(home)
        self._templates = environment()
        self._sounds = Sounds()
        order = {name: ranked(reader, name) for name in overview.names(reader)}
        self._neurons = {name: ids[:neurons] for name, ids in order.items()}
        self._has_page = {name: set(ids) for name, ids in self._neurons.items()}
        self._copy = Copy(sounds, {name: Pages(len(self._neurons[name]), len(ids)) for name, ids in order.items()})
        self._ahead: dict[_Address, None] = {}
        self._seen: set[_Address] = set()
        self._clips: dict[tuple[str, int], dict[str, str]] = {}
        self._pages = 0

    def write(self) -> Written:
        """All of it, with a bar. The folder is there, and empty."""
        shutil.copytree(STATIC, self._folder / "static", ignore=shutil.ignore_patterns(*SERVER_ONLY))
        try:
            self._ask(_Address("home"))
            self._follow("Overviews", lambda page: page not in ("neuron", "clip"))
            total = sum(map(len, self._neurons.values()))
            for address, view in progress(self._each_neuron(), "Neurons", "neurons", total):
                self._page(address, view)
            self._follow("Clips", lambda page: page == "clip")
            self._follow("The rest", lambda _: True)
        finally:
            self._sounds.close()
        sizes = [path.lstat().st_size for path in self._folder.rglob("*") if not path.is_dir()]
        with_sound = sum("sound" in files for files in self._clips.values())
        without = sum(not files for files in self._clips.values())
        return Written(self._pages, with_sound, without, sum(sizes))

    def _follow(self, label: str, is_wanted: Callable[[str], bool]) -> None:
        """Write what was asked for of some kinds of pages, and what that asks for, until there is no more."""
        while ahead := [address for address in self._ahead if is_wanted(address.page)]:
            for address in progress(ahead, label, "pages", len(ahead)):
                del self._ahead[address]
                self._write(address)

    def _each_neuron(self) -> Iterator[tuple[_Address, View]]:
        for name, numbers in self._neurons.items():
            for start in range(0, len(numbers), MOST_NEURONS_AT_ONCE):
                some = sorted(numbers[start : start + MOST_NEURONS_AT_ONCE])
                views = self._views.each_neuron(self._reader, name, some, is_whole=True)
                for number, view in zip(some, views, strict=True):
                    address = _Address("neuron", (), (("dissection", name), ("number", number)))
                    self._ahead.pop(address, None)
                    self._seen.add(address)
                    yield address, view

    def _write(self, address: _Address) -> None:
        asked: dict[str, Any] = dict(address.asked)
        parts, reader, views = dict(address.parts), self._reader, self._views
        match address.page:
            case "home":
                self._page(address, views.home(reader))
            case "overview":
                self._page(address, views.overview(reader, **parts))
            case "compare":
                self._page(address, views.compare(reader, **parts, **asked))
            case "neurons":
                self._page(address, views.neurons(reader, asked=Search(), found=None, **parts))
            case "concept":
                self._page(address, views.concept(reader, **parts, **asked))
            case "clip":
                self._page(address, views.clip(reader, **parts))
            case "figures":
                self._page(address, views.figures())
            case "figure":
                shutil.copyfile(views.figure_files()[parts["file"]], self._place(address.path))
            case "index":
                name = parts["dissection"]
                script = index(reader, name, self._copy.pages[name].pages)
                self._place(address.path).write_text(script, encoding="utf-8")
            case other:
                raise AssertionError(f"{other} is not a page")

    def _page(self, address: _Address, view: View) -> None:
        template = self._templates.get_template(view.template)
        text = template.render(**view.told, at=self._at(address.path), copy=self._copy)
        self._place(address.path).write_text(text, encoding="utf-8")
        self._pages += 1

    def _place(self, path: PurePosixPath) -> Path:
        place = self._folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _at(self, here: PurePosixPath) -> Callable[..., str | None]:
        """Where things lie, seen from a page."""

        def at(page: str, asked: dict[str, object] | None = None, **parts: Any) -> str | None:
            if page == "neuron" and parts["number"] not in self._has_page[parts["dissection"]]:
                return None
            if page in OF_A_CLIP:
                found = self._clip(**parts).get(page)
                return None if found is None else _relative(here, PurePosixPath(found)) + self._window(page, **parts)
            is_file = page in ("neurons", "static", "any_neuron")  # one for all that is asked of it, or there already
            told = () if is_file else tuple((name, str(value)) for name, value in (asked or {}).items())
            address = _Address(page, told, tuple(sorted(parts.items())))
            if page not in ("static", "any_neuron"):
                self._ask(address)
            query = f"?{urlencode(asked)}" if asked and page == "neurons" else ""
            return _relative(here, address.path) + query

        return at

    def _ask(self, address: _Address) -> None:
        if address not in self._seen:
            self._seen.add(address)
            self._ahead[address] = None

    def _window(self, page: str, dissection: str, number: int) -> str:
        """Of a whole file, what was heard of it."""
        if page != "sound" or self._handling != "link":
            return ""
        return f"#t=0,{self._views.sound_of(self._reader, dissection, number).window_s:g}"

    def _clip(self, dissection: str, number: int) -> dict[str, str]:
        """The files of a clip, made when they are first asked for; none where its sound is not to be had."""
        key = (dissection, number)
        if key not in self._clips:
            try:
                self._clips[key] = self._files_of(*key, self._views.sound_of(self._reader, *key))
            except NotThereError:
                self._clips[key] = {}
        return self._clips[key]

    def _files_of(self, name: str, number: int, clip: Clip) -> dict[str, str]:
        made = {
            "waveform": (self._sounds.waveform(clip), "svg"),
            "spectrogram": (self._sounds.spectrogram(clip), "png"),
        }
        if self._handling == "copy":
            made["sound"] = (self._sounds.sound(clip), "flac")
        elif self._handling == "link":
            made["sound"] = (clip.path, clip.path.suffix.lstrip("."))
        found = {}
        for what, (path, suffix) in made.items():
            parts = (("dissection", name), ("number", number), ("suffix", suffix))
            found[what] = str(_Address(what, (), parts).path)
            to = self._place(PurePosixPath(found[what]))
            if path == clip.path:
                to.symlink_to(path.absolute())
            else:
                shutil.copyfile(path, to)
        return found


def _part(value: object) -> str:
    """As one part of a path on any file system, and never the folder above."""
    text = quote(str(value), safe=" ")
    return text.replace(".", "%2E") if not text.strip(".") else text


def _relative(here: PurePosixPath, there: PurePosixPath) -> str:
    return quote(os.path.relpath(there, here.parent))
