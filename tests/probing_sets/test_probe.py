"""From files to the tables probing_clips and rejected_clips: bad files become rows with a reason, the rest goes on."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from dagster_and.dissection import FolderLayout
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import PROBING_CLIPS, REJECTED_CLIPS
from dagster_and.probing_sets.listing import Listing, SourceFile, Unusable
from dagster_and.probing_sets.probe import fingerprint, list_files, probe


def sound(path: Path, seconds: float = 1.0, level: float = 0.1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(0).normal(0, level, int(16000 * seconds)), 16000)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three classes: two whole clips, one longer than the window, and five that can't be used."""
    root = tmp_path / "set"
    for name, seconds in (("dog/short.wav", 0.5), ("dog/exact.wav", 1.0), ("rain/long.flac", 2.0)):
        sound(root / name, seconds)
    sound(root / "rain" / "silent.wav", level=0.0)
    (root / "rain" / "empty.wav").touch()
    (root / "rain" / "text.mp3").write_text("not sound")
    cut = sound(root / "rain" / "cut.wav")
    cut.write_bytes(cut.read_bytes()[:8000])
    sound(root / "stray.wav")
    return root


def listed(root: Path) -> Listing:
    return list_files(FolderLayout(layout="folder", path=str(root)), root)


def test_bad_files_are_rows_with_a_reason_and_the_rest_goes_on(root: Path, tmp_path: Path):
    clips, rejected = probe(listed(root), window_s=1.0)
    assert clips["clip_id"].to_list() == [0, 1, 2]
    assert clips["filename"].to_list() == ["dog/exact.wav", "dog/short.wav", "rain/long.flac"]
    assert clips["is_padded"].to_list() == [False, True, False]
    assert clips["is_cropped"].to_list() == [False, False, True]
    assert clips["duration_s"].to_list() == [1.0, 0.5, 2.0]
    assert clips["fold"].to_list() == [None] * 3
    assert dict(rejected.select("path", "reason").iter_rows()) == {
        "rain/silent.wav": "silent", "rain/empty.wav": "empty", "rain/text.mp3": "not_audio",
        "rain/cut.wav": "cut_short", "stray.wav": "unlabelled",
    }  # fmt: skip
    lake = Lake(tmp_path / "lake")
    assert lake.write(PROBING_CLIPS, "a", clips, Stamp("", {})) == 3
    assert lake.write(REJECTED_CLIPS, "a", rejected, Stamp("", {})) == 5


def test_the_order_of_clips_does_not_hang_on_the_order_of_files(root: Path):
    listing = listed(root)
    backwards = Listing(listing.files[::-1], listing.rejected)
    assert probe(listing, 1.0)[0].equals(probe(backwards, 1.0)[0])


def test_nothing_usable_is_an_error_that_counts_the_reasons(root: Path):
    listing = listed(root)
    bad = tuple(file for file in listing.files if file.filename.endswith(("silent.wav", "empty.wav", "text.mp3")))
    with pytest.raises(UserError, match=r"Not one of 4 files can be used \(1 \w+, 1 \w+, 1 \w+, 1 \w+\); the first is"):
        probe(Listing(bad, listing.rejected), 1.0)
    with pytest.raises(UserError, match="holds no sound files"):
        probe(Listing(()), 1.0)


def test_a_changed_byte_label_or_fold_changes_the_fingerprint(root: Path):
    before = fingerprint(listed(root), Home(root.parent))
    assert fingerprint(listed(root), Home(root.parent)) == before
    path = root / "dog" / "short.wav"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    changed = fingerprint(listed(root), Home(root.parent))
    path.rename(root / "rain" / "short.wav")
    moved = fingerprint(listed(root), Home(root.parent))
    (root / "rain" / "empty.wav").unlink()
    assert len({before, changed, moved, fingerprint(listed(root), Home(root.parent))}) == 4


def test_a_file_that_goes_away_between_listing_and_reading_is_a_row(root: Path):
    listing = listed(root)
    (root / "dog" / "short.wav").unlink()
    fingerprint(listing, Home(root.parent))
    clips, rejected = probe(listing, 1.0)
    assert clips.height == 2
    assert rejected.filter(pl.col("path") == "dog/short.wav")["reason"].to_list() == ["missing"]


def test_truth_and_captions_of_the_set_become_columns(root: Path):
    from dagster_and.method.sound.acoustics import Acoustics

    truth = Acoustics(-20.0, None, 900.0, 0.5, 1.0, 0.5, 10.0, 0.5)
    file = SourceFile("a.wav", root / "dog" / "exact.wav", "dog", 3, "A dog.", truth)
    clips, rejected = probe(Listing((file,), (Unusable("b.wav", "missing", "Gone."),)), 1.0)
    row = clips.row(0, named=True)
    assert (row["fold"], row["dataset_caption"], row["true_loudness_dbfs"]) == (3, "A dog.", -20.0)
    assert row["true_pitch_hz"] is None
    assert rejected.rows() == [("b.wav", "missing", "Gone.")]
