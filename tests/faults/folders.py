"""Folders of sounds in which much else lies: what can be used is, what can't is rejected by name, and nothing hangs."""

import os
import random
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from dagster_and.dissection import load_text
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.probing_sets.probe import fingerprint, list_files, probe
from tests.end_to_end.conftest import TINY
from tests.faults.trying import Tried, unclear

RATE_HZ = 16_000
GOOD = (
    "plain.wav", "UPPER.WAV", " blank .wav", "a\nb.wav", "a\tb.wav", "\u202eturned.wav", "\ufeffmark.wav", "😀.wav",
    "e\u0301.wav", "é.wav", "a.b.c.flac", "-rf.wav", "*.wav", "'\".wav", "%2e%2e.wav", "x" * 251 + ".wav", "con.wav",
    "a,b;c.wav", "\\back.wav", "\x7f.wav", "a\u2028b.wav",
)  # fmt: skip
SETS = {
    "folder": "{layout: folder, path: 'SET', window_s: 0.5}",
    "csv": "{layout: csv, path: 'SET', table: labels.csv, window_s: 0.5}",
    "esc50": "{layout: esc50, path: 'SET', window_s: 0.5}",
    "urbansound8k": "{layout: urbansound8k, path: 'SET', window_s: 0.5}",
    "gtzan": "{layout: gtzan, path: 'SET', window_s: 0.5}",
    "huggingface": "{layout: huggingface, dataset: 'SET', window_s: 0.5}",
}


def sound_folders(place: Path, _: int, __: random.Random) -> Iterator[Tried]:
    """One folder of good and of odd files in every layout; of a folder by classes each good one has to be taken."""
    home = Home(place / "home")
    for layout, section in SETS.items():
        root = place / layout
        odd = _lay(root / _CLASS.get(layout, "dog"))
        _write_tables(root)
        text = TINY.replace("{layout: soundbank, clips_per_class: 5, window_s: 0.5}", section.replace("SET", str(root)))
        try:
            listing = list_files(load_text(text, place / "odd.yaml").probing, home.cache)
            fingerprint(listing, home)
            clips, rejected = probe(listing, 0.5)
        except UserError as error:
            yield Tried("sound folder", layout, unclear(str(error)) is None and layout != "folder", str(error)[:200])
        except Exception as error:
            yield Tried("sound folder", layout, False, f"{type(error).__name__}: {str(error)[:200]}")
        else:
            taken = {Path(name).name for name in clips["filename"]}
            wrong = sorted(taken - set(GOOD))
            lost = sorted(set(GOOD) - taken) if layout == "folder" else []
            said = f"{len(taken)} taken, {rejected.height} rejected, {odd} odd; wrongly taken: {wrong}, lost: {lost}"
            yield Tried("sound folder", layout, not wrong and not lost, ascii(said)[1:-1])
        shutil.rmtree(root)


def _lay(folder: Path) -> int:
    """Good sounds under odd names, and what is no sound, hangs, has no end or leads round; how many of the latter."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(0)
    for name in GOOD:
        form = "FLAC" if name.endswith("flac") else "WAV"
        soundfile.write(folder / name, chance.normal(0, 0.1, RATE_HZ // 2), RATE_HZ, format=form)
    before = len(os.listdir(folder))  # noqa: PTH208
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("hello")
    (folder / "folder.wav").mkdir()
    os.mkfifo(folder / "pipe.wav")
    here = Path.cwd()
    os.chdir(folder)  # a socket's address is short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.wav")
    os.chdir(here)
    (folder / "zero.wav").symlink_to("/dev/zero")
    (folder / "null.wav").symlink_to("/dev/null")
    (folder / "loop.wav").symlink_to("loop.wav")
    (folder / "dangling.wav").symlink_to("nowhere.wav")
    (folder / "round").symlink_to(folder)
    (folder / "up").symlink_to(folder.parent)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.wav")).write_bytes((folder / GOOD[0]).read_bytes())
    (folder / "video.wav").write_bytes(b"\0\0\0\x20ftypisom" + bytes(500))
    return len(os.listdir(folder)) - before  # noqa: PTH208


def _write_tables(root: Path) -> None:
    """Tables of every layout that name some of these files, one that climbs, one that isn't there."""
    named = ("plain.wav", "pipe.wav", "zero.wav", "loop.wav", "folder.wav", "text.wav", "../../secret.wav", "none.wav")
    for table, header, row in (
        ("labels.csv", "filename,labels", "dog/{0},dog"),
        ("meta/esc50.csv", "filename,fold,target,category,esc10,src_file,take", "{0},1,0,dog,True,1,A"),
        (
            "metadata/UrbanSound8K.csv",
            "slice_file_name,fsID,start,end,salience,fold,classID,class",
            "{0},1,0,1,1,1,0,dog",
        ),
    ):
        (root / table).parent.mkdir(parents=True, exist_ok=True)
        (root / table).write_text("\n".join([header, *(row.format(name) for name in named)]) + "\n")


_CLASS = {"esc50": "audio", "urbansound8k": "audio/fold1", "gtzan": "genres_original/dog"}
"""Where a layout keeps its sounds."""
