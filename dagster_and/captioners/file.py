"""Captions from a file: JSON (name -> text), CSV or Parquet (columns filename and caption)."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from dagster_and.audio.reading import Rejected, file_sha256
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import plain_text
from dagster_and.foundation.texts import whole

FORMATS = 'a JSON object {"name.wav": "text"}, or a CSV or Parquet file with the columns filename and caption'
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class FileCaptioner:
    """Looks clips up by their file name, with or without its folder.

    Raises:
        UserError: the file is missing, empty, or not of the form; one name stands there twice with different texts.
    """

    name = "file"

    def __init__(self, path: Path):
        try:
            self.fingerprint = file_sha256(path)
        except Rejected as rejected:
            raise UserError(f"captions.path: {path} can't be used ({rejected.detail}): write {FORMATS}.") from None
        self._path = path
        self._texts = _unique(path, _entries(path))

    def captions(self, clips: pl.DataFrame, acoustics: pl.DataFrame) -> pl.DataFrame:
        """The table ``clip_captions``; a clip that the file lacks is a row with a reason.

        Raises:
            UserError: not one clip is named in the file.
        """
        del acoustics
        names = clips["filename"].to_list()
        bases = Counter(Path(name).name for name in names)
        found = [self._lookup(name, is_unambiguous=bases[Path(name).name] == 1) for name in names]
        if not any(text for text, _ in found):
            raise UserError(
                f"captions.path: {self._path} has no caption for any of {len(names)} clips, such as {names[0]!r}: "
                "write the file names as probing_clips.filename has them."
            )
        texts, reasons = zip(*found, strict=True)
        return clips.select(
            "clip_id",
            caption=pl.Series(texts, dtype=pl.String),
            captioner=pl.lit(self.name),
            answer_id=pl.lit(None, pl.String),
            missing_reason=pl.Series(reasons, dtype=pl.String),
        )

    def _lookup(self, name: str, *, is_unambiguous: bool) -> tuple[str | None, str | None]:
        keys = [name, Path(name).name] if is_unambiguous else [name]
        key = next((key for key in keys if key in self._texts), None)
        if key is None:
            return None, f"{self._path.name} does not name this clip."
        text = self._texts[key]
        if not isinstance(text, str):
            return None, f"{self._path.name} holds no text for this clip."
        cleaned = whole(_CONTROL.sub(" ", text)).strip()
        return (cleaned, None) if cleaned else (None, f"{self._path.name} holds an empty text for this clip.")


def _entries(path: Path) -> list[tuple[str, Any]]:
    """Pairs of name and text, as the file has them."""
    try:
        if path.suffix.lower() == ".json":
            content = json.loads(plain_text(path), object_pairs_hook=list)
            if not isinstance(content, list) or not all(isinstance(pair, tuple) for pair in content):
                raise UserError(f"captions.path: {path} is not a JSON object: write {FORMATS}.")
            return content
        if path.suffix.lower() not in (".csv", ".parquet"):
            raise UserError(f"captions.path: {path} has an unknown suffix: write {FORMATS}.")
        # a caption may look like a number
        table = pl.read_csv(path, infer_schema=False) if path.suffix.lower() == ".csv" else pl.read_parquet(path)
    except (ValueError, OSError, RecursionError, pl.exceptions.PolarsError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"captions.path: {path} can't be read ({first}): write {FORMATS}.") from None
    if not {"filename", "caption"} <= set(table.columns):
        columns = _CONTROL.sub(" ", ", ".join(table.columns))
        raise UserError(f"captions.path: {path} has the columns {columns}: write {FORMATS}.")
    if not isinstance(table.schema["filename"], pl.String | pl.Categorical | pl.Enum):
        kind = table.schema["filename"]
        raise UserError(f"captions.path: {path} has {kind} in the column filename, not texts: write {FORMATS}.")
    return list(table.select("filename", "caption").iter_rows())


def _unique(path: Path, entries: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    texts: dict[str, Any] = {}
    for name, text in entries:
        if texts.setdefault(name, text) != text:
            raise UserError(f"captions.path: {path} names {name!r} twice with different texts: keep one of them.")
    if not texts:
        raise UserError(f"captions.path: {path} is empty: write {FORMATS}.")
    return texts
