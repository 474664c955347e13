"""The probing room: from a layout's files to the tables ``probing_clips`` and ``rejected_clips``."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from dagster_and.audio.reading import ClipFacts, Rejected, file_sha256, inspect
from dagster_and.dissection import CsvLayout, FolderLayout, HuggingFaceLayout, SoundBank
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.foundation.progress import progress
from dagster_and.lake.tables import PROBING_CLIPS, REJECTED_CLIPS
from dagster_and.probing_sets import esc50, folder, gtzan, huggingface, labels_csv, soundbank, urbansound8k
from dagster_and.probing_sets.listing import Listing, SourceFile, Unusable

_CLIPS = PROBING_CLIPS.frame_schema
_REJECTED = REJECTED_CLIPS.frame_schema


def list_files(section: SoundBank | FolderLayout | CsvLayout | HuggingFaceLayout, cache: Path) -> Listing:
    """The files of a probing set; the sound bank, and sounds that lie within tables, are laid out in ``cache`` first.

    Raises:
        UserError: the folder or dataset is not of the layout.
    """
    if isinstance(section, SoundBank):
        return soundbank.lay_out(cache / "soundbank", section)
    if isinstance(section, CsvLayout):
        return labels_csv.list_files(section)
    if isinstance(section, HuggingFaceLayout):
        return huggingface.list_files(section, cache / "huggingface")
    if section.layout == "folder":
        return folder.list_files(section.root(), section.folds)
    layouts = {"esc50": esc50.list_files, "urbansound8k": urbansound8k.list_files, "gtzan": gtzan.list_files}
    return layouts[section.layout](section.root())


def fingerprint(listing: Listing, home: Home) -> str:
    """Digest over every file's name, place, label, fold, caption and content: a changed byte or label is seen, and that
    the home lies elsewhere is not.
    """
    rows: list[tuple[Any, ...]] = [(u.path, u.reason) for u in listing.rejected]
    for file in progress(listing.files, "looking for changes", "files", len(listing.files)):
        try:
            content = file_sha256(file.path) if file.path.is_file() else "no plain file"
        except Rejected as rejected:
            content = rejected.detail
        rows.append(
            (file.filename, home.portable(str(file.path)), file.labels, file.fold, file.dataset_caption, content)
        )
    return digest(rows)


def probe(listing: Listing, window_s: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read every file: the tables ``probing_clips`` and ``rejected_clips``.

    Raises:
        UserError: not one file can be used.
    """
    clips: list[dict[str, Any]] = []
    rejected = [*listing.rejected]
    files = sorted(listing.files, key=lambda file: file.filename)
    for file in progress(files, "reading sounds", "files", len(files)):
        try:
            clips.append(_row(len(clips), file, inspect(file.path, window_s), window_s))
        except Rejected as error:
            rejected.append(Unusable(file.filename, error.reason, error.detail))
    if not clips:
        raise nothing_usable(rejected)
    return pl.DataFrame(clips, schema=_CLIPS), pl.DataFrame([vars(u) for u in rejected], schema=_REJECTED)


def _row(clip_id: int, file: SourceFile, facts: ClipFacts, window_s: float) -> dict[str, Any]:
    truth = {f"true_{name}": value for name, value in (vars(file.truth) if file.truth else {}).items()}
    return {
        **dict.fromkeys(PROBING_CLIPS.schema.names),
        **vars(facts),
        **truth,
        "clip_id": clip_id,
        "filename": file.filename,
        "path": str(file.path),
        "label": file.label,
        "labels": list(file.labels),
        "fold": file.fold,
        "dataset_caption": file.dataset_caption,
        "window_s": window_s,
        "is_cropped": facts.duration_s > window_s,
        "is_padded": facts.duration_s < window_s,
    }


def nothing_usable(rejected: Sequence[Unusable]) -> UserError:
    """What to say of a probing set of which not one file can be used."""
    if not rejected:
        return UserError("The probing set holds no sound files: put wav, flac, ogg or mp3 files there.")
    counts = ", ".join(f"{n} {reason}" for reason, n in Counter(u.reason for u in rejected).most_common())
    first = rejected[0]
    return UserError(
        f"Not one of {len(rejected)} files can be used ({counts}); the first is {first.path}: {first.detail}"
    )
