"""What a home makes beside tables, and other homes of the same lake need not make again.

Features, activations by clip, vectors of texts and networks are named after all that they are made from, so whoever has
one of that name has the right one. They are made in the home; where the lake lies beyond a URL they go up once they are
there, and come down where a home lacks them. The sounds of a probing set go up as well, by their content, for machines
that don't have the files. The warehouse and the reports go by one name whatever they hold: the last ones are there.
"""

import shutil
import tarfile
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dagster_and.foundation.files import replacing
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.lake.storage import Bucket

CACHE = "cache"
"""Folder of the home that is left out of names in the lake."""
SOUNDS = "sounds"


@dataclass(frozen=True)
class Shared:
    """The files of one home, and the lake that shares them; with no such lake every method leaves all as it is.

    Args:
        home: its root.
        bucket: of the lake; None where it is a folder, which whoever reads it has the home of.
    """

    home: Path
    bucket: Bucket | None

    @classmethod
    def of(cls, home: Home) -> "Shared":
        """As ``AND_LAKE`` says."""
        return cls(home.root, Bucket.of(home.lake_url, home.root) if home.lake_url else None)

    def bring(self, files: Iterable[Path]) -> list[Path]:
        """Fetch those of the home's files that aren't here; returns those that are nowhere."""
        bucket = self.bucket
        if bucket is None:
            return []
        lacking = [file for file in files if not file.exists()]
        came = bucket.each(lambda file: bucket.get(self._name(file), file), lacking)
        return [file for file, is_here in zip(lacking, came, strict=True) if not is_here]

    def bring_all(self, folder: Path, besides: Iterable[str] = ()) -> list[Path]:
        """Fetch all that the lake has directly within a folder of the home and that isn't here, but for some names.

        Returns:
            what came.
        """
        if self.bucket is None:
            return []
        start, known = f"{self._name(folder)}/", {*besides, *(path.name for path in folder.glob("*"))}
        listed = (name.removeprefix(start) for name in self.bucket.names(self._name(folder)))
        wanted = [folder / name for name in listed if "/" not in name and name not in known]
        gone = set(self.bring(wanted))
        return [file for file in wanted if file not in gone]

    def give(self, files: Iterable[Path]) -> None:
        """Put files of the home into the lake."""
        bucket = self.bucket
        if bucket is not None:
            bucket.each(lambda file: bucket.put(file, self._name(file)), list(files))

    def bring_network(self, place: Path) -> None:
        """Fetch a network that was made in some home, a file or a folder, if it isn't here and the lake has it."""
        if self.bucket is None or place.exists() or not place.is_relative_to(self.home):
            return
        scratch = place.with_name(f".{place.name}.{uuid.uuid4().hex}")
        try:
            packed = scratch / "packed.tar"
            if self.bucket.get(_packed(self._name(place)), packed):
                with tarfile.open(packed) as archive:
                    archive.extractall(scratch, filter="data")
                with suppress(OSError):  # another process has brought it meanwhile
                    (scratch / place.name).rename(place)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def give_network(self, place: Path) -> None:
        """Put a network that was made in the home into the lake, as one object, unless it is there."""
        if self.bucket is None or not place.is_relative_to(self.home):
            return
        name = _packed(self._name(place))
        if self.bucket.facts(name) is None:
            with self.bucket.scratch() as packed:
                with tarfile.open(packed, "w") as archive:
                    archive.add(place, place.name)
                self.bucket.put(packed, name)

    def give_sounds(self, clips: pl.DataFrame) -> None:
        """Put the sounds of ``probing_clips`` (columns path, sha256) into the lake, those that it doesn't list."""
        bucket = self.bucket
        if bucket is None:
            return
        known = {name.rpartition("/")[2] for name in bucket.names(SOUNDS)}
        rows = {_sound(path, sha256): Path(path) for path, sha256 in clips.select("path", "sha256").rows()}
        fresh = [(name, file) for name, file in rows.items() if name not in known]
        bucket.each(lambda one: bucket.put(one[1], f"{SOUNDS}/{one[0]}"), fresh)

    def sound(self, path: str, sha256: str) -> str:
        """A clip's path, or that of a copy of its sound from the lake where it isn't there, and the lake has one."""
        bucket = self.bucket
        if bucket is None or Path(path).exists():
            return path
        copy = self.home / CACHE / SOUNDS / _sound(path, sha256)
        is_here = copy.exists() or bucket.get(f"{SOUNDS}/{copy.name}", copy)
        return str(copy) if is_here else path

    def heard_here(self, clips: pl.DataFrame) -> pl.DataFrame:
        """The clips, each with a path where its sound lies on this machine."""
        if self.bucket is None:
            return clips
        places = self.bucket.each(lambda row: self.sound(*row), clips.select("path", "sha256").rows())
        return clips.with_columns(path=pl.Series(places, dtype=pl.String))

    def publish(self, *files: Path) -> None:
        """Make files of the home what all homes have by their names; what the lake holds already stays."""
        if self.bucket is not None:
            self.bucket.each(lambda file: self.publish_as(file, file), files)

    def publish_as(self, file: Path, at: Path) -> None:
        """Likewise one file that is about to take the place of a file of the home."""
        if self.bucket is None:
            return
        name = self._name(at)
        if self._noted(at) != _states(self.bucket.facts(name), file):
            facts = self.bucket.put(file, name)
            if facts:
                self._note(at, _states(facts, file))

    def follow(self, files: Sequence[Path]) -> None:
        """Fetch those files of the home that aren't what was published last; what nobody published stays."""
        if self.bucket is not None:
            self.bucket.each(self._follow, files)

    def follow_all(self, folder: Path) -> None:
        """:meth:`follow` all that was published of a folder."""
        if self.bucket is not None:
            names = self.bucket.names(self._name(folder))
            self.follow([folder / name.removeprefix(f"{self._name(folder)}/") for name in names])

    def _follow(self, file: Path) -> None:
        assert self.bucket is not None
        facts = self.bucket.facts(self._name(file))
        if facts is not None and self._noted(file) != _states(facts, file):
            fetched, facts = self.bucket.fetch_version(self._name(file))
            with suppress(FileNotFoundError), replacing(file) as temporary:
                shutil.copyfile(fetched, temporary)
            self._note(file, _states(facts, file))

    def _name(self, file: Path) -> str:
        return file.relative_to(self.home).as_posix().removeprefix(f"{CACHE}/")

    def _noted(self, file: Path) -> str | None:
        try:
            return self._state(file).read_text(encoding="utf-8")
        except OSError:
            return None

    def _note(self, file: Path, states: str) -> None:
        with replacing(self._state(file)) as temporary:
            temporary.write_text(states, encoding="utf-8")

    def _state(self, file: Path) -> Path:
        assert self.bucket is not None
        return self.bucket.cache / "followed" / digest(self.bucket.url, self._name(file))


def _states(facts: str | None, file: Path) -> str:
    """What the lake holds, and what lies here."""
    try:
        status = file.stat()
    except OSError:
        return ""
    return f"{facts} {status.st_size} {status.st_mtime_ns}"


def _packed(name: str) -> str:
    return f"{name}.tar"


def _sound(path: str, sha256: str) -> str:
    return f"{sha256}{Path(path).suffix.lower()}"


ALONE = Shared(Path(), None)
"""Of whoever shares nothing."""
