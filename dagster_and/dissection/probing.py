"""Section ``probing``: which sounds the target is asked about."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from dagster_and.dissection.section import EACH_ONCE, Filled, Section, Seed
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import expanded

FOLD_FOLDER = re.compile(r"fold[_ -]?(\d{1,6})", re.IGNORECASE)
"""How a folder is called that is a fold, with its number."""
_WINDOW = "What the target hears of a clip, in seconds."


class SoundBank(Section):
    """The embedded probing set: ten everyday sound classes, synthesised."""

    layout: Literal["soundbank"]
    clips_per_class: int = Field(
        default=24, ge=5, le=1000, description="Clips synthesised for each of the ten classes."
    )
    seed: Seed = Field(default=0, description="Seed of the generators; equal seeds give equal files.")
    window_s: float = Field(
        default=2.0, ge=0.5, le=60, description="Length of every clip in seconds; a shorter one holds no whole sound."
    )


class FolderLayout(Section):
    """Sounds in a folder: the published layout of ESC-50, UrbanSound8K or GTZAN, or one folder a class."""

    layout: Literal["esc50", "urbansound8k", "gtzan", "folder"]
    path: Filled = Field(
        description="The set's folder: for esc50 the one that holds audio/ and meta/esc50.csv; for urbansound8k audio/ "
        "and metadata/UrbanSound8K.csv; for gtzan genres_original/; for folder one folder a class. $NAME and ${NAME} "
        "are replaced by environment variables; a relative path starts at this file's folder."
    )
    folds: int | None = Field(
        default=None, ge=2, le=20,
        description="For folder, where it has no fold1/, fold2/, ...: so many folds are made, each class cut by file "
        "name into as many parts.",
    )  # fmt: skip
    window_s: float = Field(default=5.0, ge=0.05, le=60, description=_WINDOW)

    @model_validator(mode="after")
    def _folds_are_made_of_a_plain_folder(self) -> "FolderLayout":
        if self.folds is not None and self.layout != "folder":
            raise ValueError(f"folds belongs to layout: folder; {self.layout} has its own, so leave it out")
        return self

    def root(self) -> Path:
        """The folder with environment variables filled in.

        Raises:
            UserError: a variable is not set, or there is no such folder.
        """
        return _folder("probing.path", self.path)


class CsvLayout(Section):
    """Sounds with several labels each, named by a CSV (FSD50K and the like)."""

    layout: Literal["csv"]
    path: Filled = Field(description="The set's folder. $NAME and ${NAME} are replaced by environment variables.")
    table: Filled = Field(description="The CSV, relative to path, as in FSD50K.ground_truth/dev.csv.")
    audio: str = Field(default=".", description="The folder of the sounds, relative to path, as in FSD50K.dev_audio.")
    filename_column: str = Field(default="filename", description="Column of file names, relative to audio.")
    suffix: str = Field(default="", description="What the column leaves out of the file names, as in .wav.")
    labels_column: str = Field(default="labels", description="Column of labels; the first one is the primary label.")
    separator: str = Field(default=",", min_length=1, description="What stands between two labels.")
    fold_column: str | None = Field(
        default=None, description="Column of whole numbers that tells folds; default: none."
    )
    window_s: float = Field(default=5.0, ge=0.05, le=60, description=_WINDOW)

    @field_validator("table", "audio")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        if Path(path).is_absolute() or ".." in Path(path).parts:
            raise ValueError("it leaves the set's folder; write a path relative to probing.path, without ..")
        return path

    def root(self) -> Path:
        """The folder with environment variables filled in.

        Raises:
            UserError: a variable is not set, or there is no such folder.
        """
        return _folder("probing.path", self.path)


class HuggingFaceLayout(Section):
    """A Hugging Face dataset with an audio column: by its hub id, or a local folder."""

    layout: Literal["huggingface"]
    dataset: Filled = Field(
        description="Hub id (owner/name), or a folder: saved with save_to_disk, of Parquet files, or an audiofolder. "
        "$NAME and ${NAME} are replaced by environment variables."
    )
    config: str | None = Field(default=None, description="Configuration of the dataset, where it has several.")
    revision: str | None = Field(default=None, description="Hub revision; default: the newest.")
    splits: Annotated[tuple[str, ...] | None, EACH_ONCE] = Field(
        default=None, min_length=1, description="Splits to take; default: all."
    )
    audio_column: str | None = Field(default=None, description="Column of sounds; default: the one audio column.")
    label_column: str = Field(default="label", description="Column of the label: a class, a text, or a list of them.")
    fold_column: str | None = Field(
        default=None, description="Column of whole numbers that tells folds; default: each of several splits is one."
    )
    caption_column: str | None = Field(default=None, description="Column of captions, for captioner: dataset.")
    window_s: float = Field(default=5.0, ge=0.05, le=60, description=_WINDOW)

    def location(self) -> Path | str:
        """A folder if it is one, else the hub id.

        Raises:
            UserError: a variable is not set, or it is neither.
        """
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)?", self.dataset) and not Path(self.dataset).is_dir():
            return self.dataset
        return _folder("probing.dataset", self.dataset)


def _folder(setting: str, path: str) -> Path:
    missing = [name for name in re.findall(r"\$\{?(\w+)\}?", path) if name not in os.environ]
    if missing:
        raise UserError(
            f"{setting} is {path!r}, but the environment variable {missing[0]} is not set: "
            f"set it to the folder of the sounds, as in `export {missing[0]}=/path/to/folder`."
        )
    folder = expanded(path).absolute()
    if not folder.is_dir():
        raise UserError(f"{setting} is {path!r}, but there is no folder {folder}: write an existing one.")
    return folder
