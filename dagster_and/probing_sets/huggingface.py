"""A Hugging Face dataset: read without decoding and without running its code; its sounds are laid out as plain files.

``datasets`` runs no loading scripts, and with ``Audio(decode=False)`` it hands over the bytes as they are.
"""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from dagster_and.audio.reading import SUFFIXES
from dagster_and.dissection import HuggingFaceLayout
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import replacing
from dagster_and.foundation.obstacles import said_by
from dagster_and.foundation.progress import progress
from dagster_and.foundation.texts import whole
from dagster_and.probing_sets.listing import Listing, SourceFile, Unusable

FOLDS = range(-(2**31), 2**31)
"""What the tables hold."""


def list_files(section: HuggingFaceLayout, cache: Path) -> Listing:
    """Every row of the wanted splits; each sound is written once to ``cache/<digest of its bytes>``.

    Raises:
        UserError: the dataset can't be loaded, or a split or column is not there.
    """
    location = section.location()
    splits = _load(section, location, cache)
    allowed = _allowed(location, cache)
    files: list[SourceFile] = []
    rejected: list[Unusable] = []
    for number, (split, rows) in enumerate(splits.items(), start=1):
        columns = _Columns(section, split, rows)
        prepared = columns.without_decoding(rows)
        for index, row in enumerate(progress(prepared, f"rows of {split}", "rows", len(prepared))):
            default_fold = number if len(splits) > 1 else None
            made = _file(columns, split, index, row, default_fold, allowed, cache)
            if isinstance(made, SourceFile):
                files.append(made)
            else:
                rejected.append(made)
    return Listing(tuple(files), tuple(rejected))


def _allowed(location: Path | str, cache: Path) -> list[Path]:
    """Folders that a row may name a file in: a row from elsewhere must not lay out the machine's own files."""
    from huggingface_hub.constants import HF_HUB_CACHE

    own = location if isinstance(location, Path) else Path(HF_HUB_CACHE)
    return [cache.resolve(), own.resolve()]


def _load(section: HuggingFaceLayout, location: Path | str, cache: Path) -> dict[str, Any]:
    """Splits by name, in the order of the setting or of the dataset."""
    import datasets

    from dagster_and.probing_sets.audiofolder import is_audiofolder, load

    datasets.disable_progress_bars()
    is_saved = isinstance(location, Path) and any(
        (location / name).exists() for name in ("dataset_dict.json", "state.json")
    )
    try:
        if is_saved:
            loaded = datasets.load_from_disk(str(location))
        elif isinstance(location, Path) and is_audiofolder(location):
            loaded = load(location, section.config, cache / "datasets")
        else:
            loaded = datasets.load_dataset(
                str(location), section.config, revision=section.revision, cache_dir=str(cache / "datasets")
            )
    except Exception as error:  # hubs, files and builders fail in many ways
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(
            f"probing.dataset {section.dataset!r} can't be loaded ({first}): write a hub id (owner/name), or a folder "
            "that save_to_disk made or that holds Parquet files or an audiofolder."
        ) from error
    parts: dict = loaded if isinstance(loaded, dict) else {loaded.split or "all": loaded}
    splits: dict[str, Any] = {str(name): rows for name, rows in parts.items()}
    wanted = section.splits or tuple(splits)
    missing = [name for name in wanted if name not in splits]
    if missing:
        raise UserError(f"probing.splits names {missing[0]!r}, but the dataset's splits are {', '.join(splits)}.")
    return {name: splits[name] for name in wanted}


class _Columns:
    """Which column of a split is what, and how a cell is read.

    Raises:
        UserError: a column is not there, or none (or several) hold sound.
    """

    def __init__(self, section: HuggingFaceLayout, split: str, rows: Any):
        import datasets

        named = {"label_column": section.label_column, "fold_column": section.fold_column,
                 "caption_column": section.caption_column, "audio_column": section.audio_column}  # fmt: skip
        for setting, column in named.items():
            if column is not None and column not in rows.column_names:
                raise UserError(
                    f"probing.{setting} is {column!r}, but the columns of split {split} are "
                    f"{', '.join(rows.column_names)}: write one of them."
                )
        sounds = [name for name, feature in rows.features.items() if isinstance(feature, datasets.Audio)]
        if section.audio_column is None and len(sounds) != 1:
            found = f"{len(sounds)} audio columns ({', '.join(sounds)})" if sounds else "no audio column"
            raise UserError(f"Split {split} has {found}: write probing.audio_column.")
        self.audio = section.audio_column or sounds[0]
        self.label, self.fold, self.caption = section.label_column, section.fold_column, section.caption_column
        feature = rows.features[self.label]
        self._class = getattr(feature, "feature", feature)  # of a list, that of its items

    def without_decoding(self, rows: Any) -> Any:
        """The rows with only the columns that matter, and sounds as bytes.

        Raises:
            UserError: the column of sounds holds something else.
        """
        import datasets

        kept = [self.audio, self.label, *filter(None, [self.fold, self.caption])]
        try:
            return rows.select_columns(list(dict.fromkeys(kept))).cast_column(self.audio, datasets.Audio(decode=False))
        except Exception as error:  # by what the column holds in place of sounds
            raise UserError(
                f"probing.audio_column {self.audio} can't be read as sounds ({said_by(error)}): name a column of them."
            ) from error

    def fold_of(self, row: dict[str, Any], default: int | None) -> int | None:
        """The row's fold, None where the cell is empty; ``default`` without a column of folds.

        Raises:
            UserError: it is no whole number.
        """
        if self.fold is None:
            return default
        cell = row[self.fold]
        with suppress(TypeError, ValueError, OverflowError):
            fold = None if cell is None else int(cell)
            if fold is None or fold in FOLDS:
                return fold
        raise UserError(
            f"probing.fold_column {self.fold} holds {str(cell)[:40]!r}: name a column of whole numbers, or none."
        )

    def labels(self, row: dict[str, Any]) -> tuple[str, ...]:
        """The row's labels in words; none where the cell is empty or no class of the dataset's, such as -1."""
        cell = row[self.label]
        values = cell if isinstance(cell, list) else [cell]
        names = [self._name(value) for value in values]
        return tuple(dict.fromkeys(name for name in names if name))

    def _name(self, value: Any) -> str:
        if hasattr(self._class, "int2str"):
            if value is None or not 0 <= value < self._class.num_classes:
                return ""
            return whole(str(self._class.int2str(value)))
        return "" if value is None else whole(str(value)).strip()


def _file(
    columns: _Columns, split: str, index: int, row: dict[str, Any], fold: int | None, allowed: list[Path], cache: Path
) -> SourceFile | Unusable:
    sound = row[columns.audio] or {}
    original = Path(str(sound.get("path") or "")).name
    name = f"{split}/{index:06d}{'-' + original if original else ''}"
    labels = columns.labels(row)
    if not labels:
        return Unusable(name, "unlabelled", f"Its cell in the column {columns.label} is empty.")
    content = _content(sound, allowed)
    if isinstance(content, str):
        return Unusable(name, content, "The row holds no sound that can be read within the dataset.")
    caption = row[columns.caption] if columns.caption else None
    return SourceFile(
        filename=name,
        path=_laid_out(content, original, cache / "sounds"),
        label=labels[0],
        fold=columns.fold_of(row, fold),
        dataset_caption=(whole(str(caption)).strip() or None) if caption is not None else None,
        more_labels=labels[1:],
    )


def _content(sound: dict[str, Any], allowed: list[Path]) -> bytes | str:
    """The sound's bytes, or why there are none: ``missing``, or ``outside`` for a path that leaves the dataset."""
    if sound.get("bytes"):
        return sound["bytes"]
    if not sound.get("path"):
        return "missing"
    path = Path(sound["path"]).resolve()
    if not any(path.is_relative_to(folder) for folder in allowed):
        return "outside"
    return path.read_bytes() if path.is_file() else "missing"


def _laid_out(content: bytes, original: str, folder: Path) -> Path:
    """The file with this content, written unless it is there."""
    suffix = Path(original).suffix.lower()
    key = sha256(content).hexdigest()
    path = folder / key[:2] / f"{key}{suffix if suffix in SUFFIXES else '.audio'}"
    if not path.exists():
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    return path
