"""The sound bank: the same everywhere, varied within each class, and true to what it says of itself."""

import multiprocessing
import os
import signal
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from dagster_and.audio.reading import file_sha256, inspect
from dagster_and.dissection import SoundBank
from dagster_and.method.sound.acoustics import Acoustics, measure
from dagster_and.method.sound.wording import INSTEAD, RULES, words
from dagster_and.probing_sets.soundbank import FOLDS, SAMPLE_RATE_HZ, classes, lay_out, plan, synthesise

DEFAULT = SoundBank(layout="soundbank")
SMALL = SoundBank(layout="soundbank", clips_per_class=5, window_s=0.5)
WITH_EVENTS = ("alarm_beep", "bird_chirp", "clock_tick", "dog_bark", "door_knock", "footsteps")
PITCHED = ("alarm_beep", "bird_chirp", "engine", "siren")  # a bark is too rough for a pitch to be found in most
UNPITCHED = ("clock_tick", "door_knock", "footsteps", "rain", "wind")


@pytest.fixture(scope="module")
def heard() -> list[tuple[str, Acoustics, Acoustics]]:
    """Label, truth and measurement of twelve clips of each class of the default bank."""
    made = [(name, *synthesise(name, i, DEFAULT)) for name in classes() for i in range(12)]
    return [(name, true, measure(np.float32(waveform), SAMPLE_RATE_HZ)) for name, waveform, true in made]


@pytest.fixture(scope="module")
def truth(heard: list[tuple[str, Acoustics, Acoustics]]) -> pl.DataFrame:
    return pl.DataFrame([{"label": n, **vars(true)} for n, true, _ in heard], infer_schema_length=None)


@pytest.fixture(scope="module")
def errors(heard: list[tuple[str, Acoustics, Acoustics]]) -> pl.DataFrame:
    """Measured minus true; pitch and brightness in octaves, null where there is no pitch on either side."""
    rows = []
    for name, true, measured in heard:
        row = {q: vars(measured)[q] - vars(true)[q] for q in vars(true) if q != "pitch_hz"}
        row["brightness_hz"] = np.log2(measured.brightness_hz / true.brightness_hz)
        row["pitch_hz"] = np.log2(measured.pitch_hz / true.pitch_hz) if measured.pitch_hz and true.pitch_hz else None
        rows.append({"label": name, "has_pitch": measured.pitch_hz is not None, **row})
    return pl.DataFrame(rows, infer_schema_length=None)


def test_ten_classes_of_at_least_24_clips_of_2_s_in_five_folds():
    listing = plan(DEFAULT)
    assert len(classes()) == 10
    folds = [(file.label, file.fold) for file in listing.files]
    counts = {pair: folds.count(pair) for pair in folds}
    assert len(counts) == 10 * FOLDS
    assert min(sum(n for (label, _), n in counts.items() if label == name) for name in classes()) >= 24
    assert set(counts.values()) == {4, 5}
    waveform, _ = synthesise("rain", 0, DEFAULT)
    assert len(waveform) == 2 * SAMPLE_RATE_HZ == 32000


def test_the_plan_is_what_is_laid_out(tmp_path: Path):
    planned, made = plan(SMALL), lay_out(tmp_path, SMALL)
    assert [(f.filename, f.label, f.fold) for f in planned.files] == [(f.filename, f.label, f.fold) for f in made.files]
    for file in made.files:
        facts = inspect(file.path, 0.5)
        assert (facts.sample_rate_hz, facts.channels, facts.duration_s) == (16000, 1, 0.5)
        assert file.truth is not None
        assert file.dataset_caption
        assert all(word in file.dataset_caption for word in words(file.truth))


def test_equal_seeds_give_equal_files_and_other_seeds_others(tmp_path: Path):
    digests = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        listing = lay_out(tmp_path / name, SMALL.model_copy(update={"seed": seed}))
        digests[name] = [file_sha256(file.path) for file in listing.files]
    assert digests["a"] == digests["b"]
    assert not set(digests["a"]) & set(digests["c"])
    assert len(set(digests["a"])) == 50


def test_a_larger_bank_begins_with_the_smaller_one(tmp_path: Path):
    small = {f.filename: (file_sha256(f.path), f.dataset_caption) for f in lay_out(tmp_path, SMALL).files}
    large = lay_out(tmp_path, SMALL.model_copy(update={"clips_per_class": 6}))
    found = {f.filename: (file_sha256(f.path), f.dataset_caption) for f in large.files}
    assert small.items() <= found.items()
    assert len(found) == 60


def _lay_out_until_killed(folder: Path) -> None:
    lay_out(folder, SMALL)


def test_a_kill_in_the_middle_is_repaired_by_the_next_call(tmp_path: Path):
    whole = [(f.filename, file_sha256(f.path), f.truth) for f in lay_out(tmp_path / "whole", SMALL).files]
    broken = tmp_path / "broken"
    for moment in range(4):
        writer = multiprocessing.get_context("fork").Process(target=_lay_out_until_killed, args=(broken,))
        writer.start()
        time.sleep(0.02 + 0.011 * moment)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
    for lost in list(broken.rglob("engine-00[01].wav")):
        lost.unlink()  # and whatever else a disk may lose
    assert [(f.filename, file_sha256(f.path), f.truth) for f in lay_out(broken, SMALL).files] == whole


def test_a_sound_or_its_truth_that_has_been_spoilt_is_made_again(tmp_path: Path):
    files = lay_out(tmp_path, SMALL).files
    whole = [(f.filename, file_sha256(f.path), f.truth) for f in files]
    for file, content in zip(files, (b"", b"spoilt", files[2].path.read_bytes()[:-1] + b"x"), strict=False):
        file.path.write_bytes(content)
    for file, content in zip(files[3:], ("", "{", "[]", '{"pitch_hz": 1}', "null"), strict=False):
        file.path.with_suffix(".json").write_text(content)
    assert [(f.filename, file_sha256(f.path), f.truth) for f in lay_out(tmp_path, SMALL).files] == whole


def test_each_class_is_clearly_varied(truth: pl.DataFrame):
    spread = truth.group_by("label").agg(
        loudness_db=pl.col("loudness_dbfs").max() - pl.col("loudness_dbfs").min(),
        brightness=pl.col("brightness_hz").max() / pl.col("brightness_hz").min(),
        pitch=pl.col("pitch_hz").max() / pl.col("pitch_hz").min(),
        rates=pl.col("events_per_s").n_unique(),
    )
    for row in spread.iter_rows(named=True):
        assert row["loudness_db"] > 15, row
        assert row["brightness"] > 1.2, row
        assert row["pitch"] is None or row["pitch"] > 1.5, row
        assert (row["rates"] >= 3) == (row["label"] in WITH_EVENTS), row


def test_no_two_clips_of_a_class_are_alike():
    for name in classes():
        clips = [synthesise(name, i, DEFAULT)[0] for i in range(4)]
        spectra = [np.log(np.abs(np.fft.rfft(clip)) ** 2 + 1e-6) for clip in clips]
        for one, other in pairwise(spectra):
            assert np.abs(one - other).mean() > 1.0, name  # over 4 dB apart on average


def test_words_of_every_quality_are_earned_by_some_clip(truth: pl.DataFrame):
    said = {word for row in truth.drop("label").iter_rows(named=True) for word in words(Acoustics(**row))}
    # an onset in the bank never takes as long as 120 ms
    assert said == {rule.word for rule in RULES} - {"gradual"} | set(INSTEAD.values())


def test_loudness_is_what_was_set(errors: pl.DataFrame):
    off = errors["loudness_dbfs"].abs()
    assert off.max() < 4.5  # chirps of 80 ms, where a frame holds little of one
    assert off.quantile(0.95) < 0.6


def test_pitch_is_found_where_there_is_one_and_nowhere_else(errors: pl.DataFrame):
    assert errors.filter(pl.col("label").is_in(PITCHED))["has_pitch"].all()
    assert not errors.filter(pl.col("label").is_in(UNPITCHED))["has_pitch"].any()
    assert errors["pitch_hz"].abs().max() < 0.2  # a siren glides over a fifth of an octave


def test_brightness_is_within_a_fifth_of_an_octave(errors: pl.DataFrame):
    assert errors["brightness_hz"].abs().max() < 0.2


def test_tonality_tells_tones_from_noise(errors: pl.DataFrame, truth: pl.DataFrame):
    off = errors.group_by("label").agg(pl.col("tonality").median())
    medians = off.join(truth.group_by("label").agg(true=pl.col("tonality").median()), on="label")
    measured = {row["label"]: row["true"] + row["tonality"] for row in medians.iter_rows(named=True)}
    assert off["tonality"].abs().max() < 0.35
    assert min(measured[name] for name in (*PITCHED, "dog_bark")) > 0.5
    assert max(measured[name] for name in UNPITCHED) < 0.2


def test_every_event_is_counted(errors: pl.DataFrame):
    struck = errors.filter(pl.col("label") != "wind")
    assert struck["events_per_s"].abs().max() == 0
    assert errors["events_per_s"].abs().max() <= 1.5  # gusts set in, too
    assert (struck["regularity"].abs() < 0.01).mean() > 0.95


def test_attack_is_short_where_it_is_short(errors: pl.DataFrame):
    off = errors.filter(pl.col("label").is_in(WITH_EVENTS)).group_by("label").agg(pl.col("attack_ms").median())
    assert off["attack_ms"].is_between(-1, 30).all()  # in steps of 2 ms; harmonics of a bark beat


def test_steadiness_agrees(errors: pl.DataFrame):
    assert errors["steadiness"].abs().max() < 0.11


def test_the_largest_sample_is_within_full_scale():
    for name in classes():
        for i in range(3):
            waveform, _ = synthesise(name, i, DEFAULT)
            assert 0.001 < np.abs(waveform).max() <= 1.0


def test_files_hold_16_bit_samples(tmp_path: Path):
    (file, *_) = lay_out(tmp_path, SMALL).files
    assert soundfile.info(file.path).subtype == "PCM_16"
