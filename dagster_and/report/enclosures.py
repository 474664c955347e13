"""What a report encloses, each as an address that holds the whole file: figures, spectrograms, a few sounds."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from dagster_and.explorer.sounds import Clip, Sounds
from dagster_and.explorer.warehouse import NotThereError, Reader, Row
from dagster_and.exports.reports import DOTS_PER_INCH
from dagster_and.figures import DRAWINGS, Drawing, NothingToDrawError
from dagster_and.foundation.home import Home
from dagster_and.warehouse.reading import read_report

SOUNDS = 3
LONGEST_S = 5.0
"""Of a sound, however long the network heard it."""
LARGEST_SOUND = 500_000
"""Bytes."""
OF_PAIRS = "rpt_dissection_comparison"


@dataclass(frozen=True)
class Enclosed:
    """One figure: its picture, or why there is none."""

    says: str
    picture: str = ""
    not_drawn: str = ""


def figures(home: Home, name: str) -> dict[str, Enclosed]:
    """Every figure of reports, drawn of one dissection alone, by its name."""
    drawings = [drawing for drawing in DRAWINGS if OF_PAIRS not in drawing.reports]
    return {drawing.name: _figure(home, name, drawing) for drawing in drawings}


def _figure(home: Home, name: str, drawing: Drawing) -> Enclosed:
    tables: list[pl.DataFrame] = [read_report(home.warehouse, report, name) for report in drawing.reports]
    says = f"{drawing.says[0].upper()}{drawing.says[1:]}"
    try:
        figure = drawing.draw(*tables)
    except NothingToDrawError as nothing:
        return Enclosed(says, not_drawn=str(nothing))
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=DOTS_PER_INCH)  # half of what it takes as SVG
    return Enclosed(says, address("image/png", drawn.getvalue()))


def clips_of(reader: Reader, home: Home, name: str, numbers: Iterable[int]) -> dict[int, Clip]:
    """Where the sounds of clips lie, by clip_id."""
    rows = reader.rows(
        "select clip_id, path, sha256, window_s from dim_clips where dissection = ? and list_contains(?, clip_id)",
        name, sorted(set(numbers)),
    )  # fmt: skip
    return {row["clip_id"]: Clip(home.located(row["path"]), row["sha256"], row["window_s"]) for row in rows}


def spectrograms(sounds: Sounds, clips: dict[int, Clip]) -> dict[int, str]:
    """The spectrogram of each clip whose file is still what it was, by clip_id."""
    found: dict[int, str] = {}
    for number, clip in clips.items():
        try:
            found[number] = address("image/png", _small(sounds.spectrogram(clip)))
        except NotThereError:
            continue
    return found


def heard(sounds: Sounds, clips: dict[int, Clip], neurons: Iterable[dict[str, Any]]) -> list[Row]:
    """The first few of the neurons' highest clips that can be had and are small enough, one of a class each."""
    found: dict[str, Row] = {}
    for neuron in neurons:
        top = next((row for row in neuron["clips"] if row["clip_label"] not in found), None)
        clip = clips.get(top["clip_id"]) if top else None
        if len(found) == SOUNDS or top is None or clip is None:
            continue
        shortened = Clip(clip.path, clip.sha256, min(clip.window_s, LONGEST_S))
        try:
            flac = sounds.sound(shortened).read_bytes()
        except NotThereError:
            continue
        if len(flac) <= LARGEST_SOUND:
            found[top["clip_label"]] = top | {"of": neuron["told"]["neuron_id"], "sound": address("audio/flac", flac)}
    return list(found.values())


def _small(picture: Path) -> bytes:
    """A picture at half of its width and height."""
    from PIL import Image

    with Image.open(picture) as whole:
        small = whole.resize((whole.width // 2, whole.height // 2), Image.Resampling.BOX)
    written = BytesIO()
    small.save(written, format="PNG", optimize=True)
    return written.getvalue()


def address(media_type: str, content: bytes) -> str:
    """A file as a ``data:`` address."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
