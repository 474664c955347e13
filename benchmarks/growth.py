"""What a set costs that grows: time for some clips more, and peak memory at four times the clips.

The sounds are short and the network is small, so that what grows with the clips is what is seen.
"""

import resource
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import soundfile

from benchmarks.activations_speed import seconds_of
from benchmarks.workload import network
from dagster_and.dissection import Activations
from dagster_and.targets.hearing.feature_cache import FeatureCache
from dagster_and.targets.recording.activations import record
from dagster_and.targets.target import Target

SECONDS, BATCH, PAIRS = 0.25, 16, 3
SLACK = 3.0
"""How many times their share of the clips the added ones may take: the table is still written whole."""
LIMIT = 1.2


def measure_added(folder: Path, clips: int, added: int) -> str:
    """One line: the activations room for ``added`` clips on top of ``clips``, over that for these before."""
    target, table = network(folder / "short", "short"), sounds(folder / "growing", clips + added)
    features, shards = FeatureCache(folder / "features", target.frontend, SECONDS), folder / "shards"
    for _ in features.batches(table, BATCH):
        pass
    ratios: list[float] = []
    for turn in range(PAIRS):
        before = seconds_of(lambda at=shards / str(turn): run(target, table.head(clips), features, at))[1]
        ratios.append(seconds_of(lambda at=shards / str(turn): run(target, table, features, at))[1] / before)
    ratio, limit = statistics.median(ratios), SLACK * added / clips
    verdict = "ok" if ratio <= limit else "OVER THE LIMIT"
    return (
        f"CPU time of the activations room, {added} clips on top of {clips} / the {clips}: {ratio:.3f} "
        f"({min(ratios):.3f} to {max(ratios):.3f}, {PAIRS} pairs), limit {limit:.3f}: {verdict}"
    )


def run(target: Target, clips: pl.DataFrame, features: FeatureCache, shards: Path) -> None:
    """The room without the lake."""
    for _ in record(target, clips, features, Activations(batch_size=BATCH), shards):
        pass


def sounds(folder: Path, clips: int) -> pl.DataFrame:
    """Short clips of noise, each a file of its own, as rows of ``probing_clips``."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for i in range(clips):
        path = folder / f"{i}.wav"
        if not path.exists():
            soundfile.write(path, np.random.default_rng(i).normal(0, 0.1, int(16000 * SECONDS)), 16000)
        rows.append({"path": str(path), "sha256": f"{i:064x}", "window_s": SECONDS, "fold": i % 5})
    return pl.DataFrame(rows)


def measure_memory(folder: Path, clips: int) -> str:
    """One line: peak memory of hearing, recording, ranking and comparing at 4x and 1x the clips."""
    small, large = (peak_mib(folder, n) for n in (clips, 4 * clips))
    verdict = "ok" if large / small <= LIMIT else "OVER THE LIMIT"
    return (
        f"peak memory of the rooms that hear clips or read activations, {4 * clips} / {clips} clips: "
        f"{large / small:.3f} ({large:.0f} / {small:.0f} MiB), limit {LIMIT}: {verdict}"
    )


def peak_mib(folder: Path, clips: int) -> float:
    """Largest resident set of a fresh process that runs the rooms once, in MiB."""
    command = [sys.executable, "-m", "benchmarks.growth", str(folder), str(clips)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def rooms(folder: Path, clips: int) -> None:
    """From files to the tables that are made of all clips, each by the room's own function."""
    from dagster_and.audio.measuring import measure_clips
    from dagster_and.encoders import open_text_encoder
    from dagster_and.encoders.text_audio import open_text_audio_encoder
    from dagster_and.lake.store import Lake, Stamp
    from dagster_and.lake.tables import ACTIVATIONS
    from dagster_and.method.closed_concepts.predictions import captioned_match, predict
    from dagster_and.method.top_clips.ranking import rank_clips
    from dagster_and.targets.recording.neurons import neurons

    target, lake = network(folder / "short", "short"), Lake(folder / f"lake-{clips}")
    table = sounds(folder / "growing", clips).with_row_index("clip_id")
    table = table.with_columns(caption=pl.format("Noise {}.", pl.col("clip_id") % 50))
    measure_clips(table)
    features = FeatureCache(folder / "features", target.frontend, SECONDS)
    rows = record(target, table, features, Activations(batch_size=BATCH), folder / f"shards-{clips}")
    lake.write(ACTIVATIONS, "bench", rows, Stamp("bench", {}))
    rank_clips(lake.batches(ACTIVATIONS, "bench"), 5)
    concepts, encode = ["noise", "rain", "wind"], open_text_encoder("minilm").encode
    by_sound = open_text_audio_encoder("ridge", encode).match(table, concepts)
    matches = {
        "DB": captioned_match(table["caption"], concepts, encode),
        "TAB": (table["clip_id"].to_numpy(), by_sound),
    }
    for _ in predict(lake.batches(ACTIVATIONS, "bench"), neurons(target), matches):
        pass


if __name__ == "__main__":
    rooms(Path(sys.argv[1]), int(sys.argv[2]))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
