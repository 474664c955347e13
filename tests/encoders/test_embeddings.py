"""Vectors of texts that were encoded before."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dagster_and.encoders import embeddings, encoding_by
from dagster_and.encoders.embeddings import FEW_FILES, Embeddings
from dagster_and.encoders.identity import identity_of

TEXTS = ["a dog barks", "heavy rain falls", "a dog barks", "\udcff"]


class Counting:
    """Encodes a text by its letters, and notes what it was asked."""

    def __init__(self):
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), ord(text[0]), 1 / 3] for text in texts], dtype=np.float32)


def test_a_text_is_encoded_once_for_all_who_share_the_folder(tmp_path: Path):
    first, second = Counting(), Counting()
    made = Embeddings(tmp_path / "model").encode(TEXTS, first)
    assert sorted(first.asked) == sorted(set(TEXTS))
    again = Embeddings(tmp_path / "model").encode([*TEXTS[::-1], "new"], second)
    assert second.asked == ["new"]
    assert made.dtype == again.dtype == np.float32
    assert (again[:4] == made[::-1]).all()


def test_another_model_knows_nothing_of_them(tmp_path: Path):
    Embeddings(tmp_path / "model").encode(TEXTS, Counting())
    other = Counting()
    Embeddings(tmp_path / "other").encode(TEXTS, other)
    assert len(other.asked) == 3


@pytest.mark.parametrize("how", ["cut short", "one bit turned", "no Parquet", "other columns", "empty", "not finite"])
def test_a_broken_file_is_made_anew_and_never_trusted(tmp_path: Path, how: str):
    import polars as pl

    folder = tmp_path / "model"
    texts = [f"text {i}" for i in range(200)]
    whole = Embeddings(folder).encode(texts, Counting())
    (file,) = folder.glob("*.parquet")
    content = bytearray(file.read_bytes())
    if how == "other columns":
        pl.DataFrame({"text": texts}).write_parquet(file)
    elif how == "not finite":
        frame = pl.read_parquet(file)
        frame.with_columns(vector=pl.Series([[float("nan")] * 3] * 200, dtype=pl.Array(pl.Float32, 3))).write_parquet(
            file
        )
    else:
        place = content.index(whole[7].tobytes())
        content[place] ^= 1
        file.write_bytes({"cut short": content[:-9], "one bit turned": content, "empty": b""}.get(how, b"nonsense" * 9))
    anew = Counting()
    assert (Embeddings(folder).encode(texts, anew) == whole).all()
    assert sorted(anew.asked) == sorted(texts)
    assert not file.exists()


def test_several_at_once_write_and_read_whole_files(tmp_path: Path):
    def work(start: int) -> None:
        for at in range(start, start + 40):
            texts = [f"text {at + i}" for i in range(3)]
            assert (Embeddings(tmp_path / "model").encode(texts, Counting()) == Counting()(texts)).all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(0, 80, 10)))
    assert not list(tmp_path.rglob("*.tmp"))


def test_many_small_files_are_put_together(tmp_path: Path):
    texts = [f"text {i}" for i in range(FEW_FILES + 5)]
    for text in texts:
        Embeddings(tmp_path / "model").encode([text], Counting())
    assert len(list(tmp_path.glob("model/*.parquet"))) < FEW_FILES
    later = Counting()
    Embeddings(tmp_path / "model").encode(texts, later)
    assert later.asked == []


def test_what_was_used_longest_ago_goes_when_the_bound_is_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for place, name in enumerate(("old", "used", "new")):
        Embeddings(tmp_path / name).encode([f"{name} {i}" for i in range(300)], Counting())
        (file,) = (tmp_path / name).glob("*.parquet")
        os.utime(file, (1000 + place, 1000 + place))
    Embeddings(tmp_path / "old").encode(["old 1"], Counting())
    monkeypatch.setattr(embeddings, "LARGEST_CACHE_BYTES", 2.5 * file.stat().st_size)
    Embeddings(tmp_path / "new").encode(["another"], Counting())
    assert [len(list((tmp_path / name).glob("*.parquet"))) for name in ("old", "used", "new")] == [1, 0, 2]


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path):
    (tmp_path / "model").write_text("a file in its place")
    assert (Embeddings(tmp_path / "model").encode(TEXTS, Counting()) == Counting()(TEXTS)).all()


def test_a_model_is_known_by_its_content_not_its_place(tmp_path: Path):
    for name, weights in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(weights)
    keys = [identity_of(str(tmp_path / name)) for name in "abc"]
    assert keys[0] == keys[1] != keys[2]
    assert identity_of(f"clip:{tmp_path / 'a'}") not in (*keys, None)
    assert identity_of("nobody/nothing-of-this-name") is None


def test_texts_that_are_known_load_no_model_and_no_torch(tmp_path: Path):
    made = encoding_by("minilm", tmp_path)(["a dog barks"])
    code = (
        "import sys, json, pathlib; from dagster_and.encoders import encoding_by\n"
        f"vectors = encoding_by('minilm', pathlib.Path({str(tmp_path)!r}))(['a dog barks'])\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)\n"
        "print(json.dumps([vectors.tolist(), sorted(heavy)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [made.tolist(), []]
