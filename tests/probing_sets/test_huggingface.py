"""Hugging Face datasets made on the spot and read offline: saved to disk, as Parquet, as an audiofolder."""

from pathlib import Path

import datasets
import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.probing_sets.probe import list_files, probe
from tests.probing_sets.tiny_sets import reasons, rows, section, wav_bytes

CLASSES = ["dog", "rain", "bell"]


def sounds(*pitches: float) -> list[dict]:
    return [{"bytes": wav_bytes(pitch), "path": f"/somewhere/{pitch:.0f}.wav"} for pitch in pitches]


def dataset(audio: list[dict], **columns) -> datasets.Dataset:
    features = datasets.Features({"audio": {"bytes": datasets.Value("binary"), "path": datasets.Value("string")}})
    for name, values in columns.items():
        feature = datasets.ClassLabel(names=CLASSES)
        if isinstance(values[0], list):
            feature = datasets.List(feature)
        elif name != "label":
            feature = datasets.Value("string" if isinstance(values[0], str) else "int64")
        features[name] = feature
    return plain(audio, features, **columns).cast_column(
        "audio", datasets.Audio(decode=False)
    )  # encoding would need torchcodec


def plain(audio: list[dict], features: datasets.Features | None = None, **columns) -> datasets.Dataset:
    """Sounds as bytes and paths that the table does not know for sounds."""
    return datasets.Dataset.from_dict({"audio": audio, **columns}, features=features)


def listed(folder: Path, cache: Path, **settings):
    return list_files(section(layout="huggingface", dataset=str(folder), **settings), cache)


def test_saved_to_disk_with_splits(tmp_path: Path):
    saved = datasets.DatasetDict(
        train=dataset(sounds(300, 400), label=[0, 1]), test=dataset(sounds(500, 300), label=[2, -1])
    )
    saved.save_to_disk(str(tmp_path / "saved"))
    listing = listed(tmp_path / "saved", tmp_path / "cache")
    assert rows(listing.files) == [
        ("train/000000-300.wav", ("dog",), 1), ("train/000001-400.wav", ("rain",), 1),
        ("test/000000-500.wav", ("bell",), 2),
    ]  # fmt: skip
    assert reasons(listing) == {"test/000001-300.wav": "unlabelled"}
    assert [file.path.read_bytes() for file in listing.files] == [wav_bytes(300), wav_bytes(400), wav_bytes(500)]
    clips, _ = probe(listing, 1.0)
    assert clips["filename"].to_list() == ["test/000000-500.wav", "train/000000-300.wav", "train/000001-400.wav"]
    only = listed(tmp_path / "saved", tmp_path / "cache", splits=("test",))
    assert rows(only.files) == [("test/000000-500.wav", ("bell",), None)]


def test_each_sound_is_written_once(tmp_path: Path):
    dataset(sounds(300, 300, 400), label=[0, 1, 2]).save_to_disk(str(tmp_path / "saved"))
    first = listed(tmp_path / "saved", tmp_path / "cache")
    times = {file.path: file.path.stat().st_mtime_ns for file in first.files}
    assert len(times) == 2
    listed(tmp_path / "saved", tmp_path / "cache")
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_parquet_with_several_labels_folds_and_captions(tmp_path: Path):
    made = dataset(sounds(300, 400), label=[[0, 2], [1]], part=[4, 5], text=["a dog", " "])
    (tmp_path / "set").mkdir()
    made.to_parquet(str(tmp_path / "set" / "train.parquet"))
    settings = {"fold_column": "part", "caption_column": "text"}
    listing = listed(tmp_path / "set", tmp_path / "cache", **settings)
    assert [(file.labels, file.fold, file.dataset_caption) for file in listing.files] == [
        (("dog", "bell"), 4, "a dog"), (("rain",), 5, None),
    ]  # fmt: skip


def test_audiofolder(tmp_path: Path):
    for name, pitch in (("dog/a.wav", 300), ("dog/b.wav", 400), ("rain/a.wav", 500)):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(wav_bytes(pitch))
    listing = listed(tmp_path / "set", tmp_path / "cache")
    assert sorted((file.label, file.path.read_bytes()) for file in listing.files) == sorted(
        [("dog", wav_bytes(300)), ("dog", wav_bytes(400)), ("rain", wav_bytes(500))]
    )


def test_a_row_can_not_lay_out_a_file_of_the_machine(tmp_path: Path):
    secret = tmp_path / "secret.wav"
    secret.write_bytes(wav_bytes(300))
    (tmp_path / "set").mkdir()
    paths = [str(secret), None, str(tmp_path / "set" / "gone.wav"), str(tmp_path / "set" / ".." / "secret.wav")]
    audio = [{"bytes": None, "path": path} for path in paths]
    plain([*audio, *sounds(400)], label=["dog"] * 5).to_parquet(str(tmp_path / "set" / "train.parquet"))
    listing = listed(tmp_path / "set", tmp_path / "cache", audio_column="audio")
    assert rows(listing.files) == [("train/000004-400.wav", ("dog",), None)]
    assert reasons(listing) == {
        "train/000000-secret.wav": "outside", "train/000001": "missing", "train/000002-gone.wav": "missing",
        "train/000003-secret.wav": "outside",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"splits": ("dev",)}, "probing.splits names 'dev', but the dataset's splits are all"),
        ({"label_column": "genre"}, "probing.label_column is 'genre', but the columns of split all are audio, label"),
        ({"audio_column": "sound"}, "probing.audio_column is 'sound'"),
        ({"fold_column": "text"}, "probing.fold_column text holds 'one'"),
        ({"fold_column": "far"}, "probing.fold_column far holds '1099511627776'"),
        ({"audio_column": "label"}, "probing.audio_column label can't be read as sounds"),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, settings: dict, message: str):
    dataset(sounds(300), label=[0], text=["one"], far=[2**40]).save_to_disk(str(tmp_path / "saved"))
    with pytest.raises(UserError, match=message):
        listed(tmp_path / "saved", tmp_path / "cache", **settings)


def test_a_dataset_without_sound_is_refused(tmp_path: Path):
    datasets.Dataset.from_dict({"label": ["a"]}).save_to_disk(str(tmp_path / "saved"))
    with pytest.raises(UserError, match=r"has no audio column: write probing\.audio_column"):
        listed(tmp_path / "saved", tmp_path / "cache")


def test_code_that_a_dataset_brings_is_not_run(tmp_path: Path):
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(UserError, match="can't be loaded"):
        listed(tmp_path / "evil", tmp_path / "cache")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [("someone/set-that-is-not-there", "can't be loaded"), ("/no/such/folder", "there is no folder")],
)
def test_a_dataset_that_is_not_there_is_refused(tmp_path: Path, name: str, message: str):
    with pytest.raises(UserError, match=message):
        list_files(section(layout="huggingface", dataset=name), tmp_path)
