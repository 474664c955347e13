"""A small lake in which every table agrees with every other, and a way to make one of them dirty."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import TABLES, Table
from dagster_and.method.activations.pooling import statistics
from dagster_and.method.closed_concepts.tables import Similarity
from dagster_and.method.interpretability.clusters import Run
from dagster_and.method.interpretability.themes import interpretability, interpretability_chance, interpretability_runs
from tests.data_tests.clean_evidence import evidence
from tests.data_tests.clean_labels import labels
from tests.data_tests.clean_pruning import pruning

DISSECTION = "tiny"
CLIPS = 6
LAYERS = [(0, "attention_output", 2), (0, "output", 2), (1, "head", 2)]
NEURONS = sum(width for *_, width in LAYERS)
K = 2

Soil = Callable[[Table, str], Lake]


@pytest.fixture(scope="session")
def clean_lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    # brackets: folders may have them, and DuckDB reads paths as patterns
    lake = Lake(tmp_path_factory.mktemp("home") / "[it's] clean" / "lake")
    values = np.random.default_rng(0).normal(size=(NEURONS, CLIPS)).astype(np.float32)
    frames = _sounds() | _words() | _network() | _activations(values)
    frames |= _answers() | _descriptions() | labels() | pruning()
    frames |= _interpretability(frames)
    frames |= evidence(pl.DataFrame(frames["concept_predictions"]))
    for table in TABLES:
        schema = pl.DataFrame(table.schema.empty_table()).schema
        frame = pl.DataFrame(frames[table.name])
        frame = frame.select(frame[n] if n in frame.columns else pl.lit(None).alias(n) for n in schema)
        lake.write(table, DISSECTION, frame.cast(dict(schema)), Stamp("clean", {}))
    return lake


@pytest.fixture
def soil(clean_lake: Lake, tmp_path: Path) -> Soil:
    """The clean lake, but with SQL run on one of its tables, there called ``this``."""

    def make(table: Table, statements: str) -> Lake:
        lake = Lake(tmp_path)
        for other in TABLES:
            if other is not table:
                (lake.root / other.name).symlink_to(clean_lake.root / other.name)
        with duckdb.connect(":memory:") as connection:
            connection.register("clean", pq.read_table(clean_lake.path(table, DISSECTION), partitioning=None))
            connection.execute("create table this as from clean")
            connection.execute(statements)
            dirty = connection.sql("from this").to_arrow_table()
        # Lake.write would refuse nulls and strange columns
        known = {field.name: field.type for field in table.schema}
        fields = [pa.field(field.name, known.get(field.name, field.type)) for field in dirty.schema]
        path = lake.path(table, DISSECTION)
        path.parent.mkdir(parents=True)
        pq.write_table(dirty.cast(pa.schema(fields)), path)
        return lake

    return make


def _sounds() -> dict[str, dict]:
    clips = range(CLIPS)
    seconds = [1.0, 2.0, 3.0, 2.0, 2.0, 1.5]
    measured = {
        "loudness_dbfs": -20.0, "pitch_hz": 440.0, "brightness_hz": 900.0, "tonality": 0.5, "events_per_s": 1.0,
        "regularity": 0.5, "attack_ms": 10.0, "steadiness": 0.5,
    }  # fmt: skip
    probing_clips = {
        "clip_id": clips,
        "filename": [f"{i}.wav" for i in clips],
        "path": [f"/sounds/{i}.wav" for i in clips],
        "sha256": [f"{i:064x}" for i in clips],
        "label": ["dog", "rain"] * 3,
        "labels": [["dog", "rain"], ["rain"]] * 3,
        "fold": [None, 0, 1, 2, 3, 4],
        "duration_s": seconds,
        "window_s": [2.0] * CLIPS,
        "is_cropped": [s > 2 for s in seconds],
        "is_padded": [s < 2 for s in seconds],
        "sample_rate_hz": [16000] * CLIPS,
        "channels": [1, 2] * 3,
        "rms_dbfs": [-20.0] * CLIPS,
        "dataset_caption": [None] + ["a dog barks"] * 5,
        **{f"true_{name}": [None] + [value] * 5 for name, value in measured.items()},
    }
    rejected = {"path": ["a.wav", "b.wav"], "reason": ["empty", "silent"], "detail": ["It has no bytes.", "Too quiet."]}
    acoustics = {"clip_id": clips, **{name: [value] * CLIPS for name, value in measured.items()}}
    acoustics["pitch_hz"] = [None] + [440.0] * 5
    return {"probing_clips": probing_clips, "rejected_clips": rejected, "clip_acoustics": acoustics}


def _words() -> dict[str, dict]:
    captions = {
        "clip_id": range(CLIPS),
        "caption": [None] + ["a dog barks"] * 5,
        "captioner": ["file"] * CLIPS,
        "missing_reason": ["not in the file"] + [None] * 5,
        "answer_id": [None, f"{3:032x}"] + [None] * 4,
    }
    concepts = {"concept_id": range(3), "concept": ["dog", "rain", "bell"], "label": ["dog", "rain", None]}
    rows = [
        {"neuron_id": n, "method": "DB", "similarity": s, "rank": r + 1, "concept_id": (n + r) % 3, "score": 0.5 - r}
        for n in range(NEURONS) for s in get_args(Similarity) for r in range(K)
    ]  # fmt: skip
    return {"clip_captions": captions, "concepts": concepts, "concept_predictions": pl.DataFrame(rows).to_dict()}


def _network() -> dict[str, dict]:
    target = {
        "target": ["tiny"], "family": ["embedded_ast"], "architecture": ["TinyForAudioClassification"],
        "checkpoint": ["/checkpoints/tiny"], "weights_sha256": ["0" * 64], "parameters": [1000], "blocks": [1],
        "layers": [len(LAYERS)], "neurons": [NEURONS], "classes": [2], "held_out_fold": [4], "held_out_clips": [1],
        "held_out_accuracy": [1.0], "chance_accuracy": [0.5], "training_accuracy": [0.9],
        "pretraining_accuracy": [0.4], "pretraining_chance_accuracy": [0.1],
    }  # fmt: skip
    neurons = [
        {
            "target": "tiny", "block_index": block, "sublayer": sublayer, "layer_name": f"{block}.{sublayer}",
            "neuron_index": i, "class_label": ["dog", "rain"][i] if sublayer == "head" else None,
        }
        for block, sublayer, width in LAYERS for i in range(width)
    ]  # fmt: skip
    frame = pl.DataFrame(neurons, infer_schema_length=None).with_row_index("neuron_id")
    return {"targets": target, "neurons": frame.to_dict()}


def _activations(values: np.ndarray) -> dict[str, dict]:
    order = np.argsort(-values, axis=1)
    rows = [
        {"neuron_id": n, "direction": direction, "rank": r + 1, "clip_id": clip, "activation": float(values[n, clip])}
        for direction, ranked in (("highest", order), ("lowest", order[:, ::-1]))
        for n in range(NEURONS) for r, clip in enumerate(ranked[n, :K].tolist())
    ]  # fmt: skip
    activations = {"neuron_id": range(NEURONS), "activation": values.tolist(), **statistics(values)}
    top = pl.DataFrame(rows)
    timed = top.filter(pl.col("neuron_id").is_in([2, 3])).select("neuron_id", "direction", "rank")
    moments = timed.with_columns(
        moment_start_s=0.5, moment_end_s=0.7, profile=[0.0, 1.0], profile_start_s=0.0, profile_end_s=0.8
    )
    return {
        "activations": activations,
        "top_clips": top.to_dict(),
        "moments": moments.to_dict(),
        "moment_captions": _moment_captions(moments.filter(neuron_id=2)).to_dict(),
    }


def _moment_captions(moments: pl.DataFrame) -> pl.DataFrame:
    """All are captioned but that of the lowest clip."""
    is_missing = (pl.col("direction") == "lowest") & (pl.col("rank") == 1)
    return moments.select("neuron_id", "direction", "rank").with_columns(
        heard_start_s=0.0, heard_end_s=1.0, captioner=pl.lit("audio_llm:ears"),
        caption=pl.when(~is_missing).then(pl.lit("a bark, close by")),
        missing_reason=pl.when(is_missing).then(pl.lit("unparsable: It is no JSON.")), answer_id=pl.lit(f"{3:032x}"),
    )  # fmt: skip


def _answers() -> dict[str, dict]:
    """Usable at once, usable at the second attempt, a caption, a choice, a detection, a half's summary, a sentence."""
    usable = [True, False, True, True, True, True, True, True]
    answers = {
        "answer_id": [f"{i:032x}" for i in range(8)],
        "request_id": ["a", "b", "b", "c", "d", "e", "f", "g"],
        "task": ["judge", "summarise", "summarise", "caption", "choose", "detect", "summarise", "write"],
        "attempt": [1, 1, 2, 1, 1, 1, 1, 1],
        "status": ["usable" if u else "cut_off" for u in usable],
        "reason": [None if u else "It reached max_tokens." for u in usable],
        "server": ["http://127.0.0.1:1/v1"] * 8,
        "model": ["tiny"] * 8,
        "source": ["text"] * 3 + ["audio"] + ["text"] * 4,
        "prompt": ["[]"] * 8,
        "prompt_sha256": ["0" * 64] * 8,
        "audio_sha256": [None] * 3 + ["1" * 64] + [None] * 4,
        "answer": [
            "yes",
            "They ba",
            "They bark.",
            "A dog barks.",
            "dog",
            '{"verdicts": {}}',
            "A dog. It barks.",
            "A dog.",
        ],
        "finish_reason": ["stop", "length", "stop", None, "stop", "stop", "stop", "stop"],
        "response_format": [
            "json_schema",
            "json_schema",
            "json_object",
            "text",
            "text",
            "json_schema",
            "text",
            "json_schema",
        ],
        "temperature": [0.0, 0.0, 0.7, 0.0, 0.0, 0.0, 0.0, 0.0],
        "seed": [0, 0, 1, 0, 0, 0, 0, 0],
        "max_tokens": [400] * 8,
        "prompt_tokens": [100, 100, 100, None, 100, 100, 100, 100],
        "completion_tokens": [5, 400, 20, None, 5, 90, 20, 9],
        "cost_usd": [0.001, 0.002, 0.001, None, 0.001, 0.001, 0.001, 0.001],
        "created_at": ["2026-11-24T10:00:00.000+00:00"] * 8,
    }
    return {"answers": answers}


def _descriptions() -> dict[str, dict]:
    """Neuron 5 has no summary; of the others one sentence is kept, one shared, one short."""
    said = ["Every clip is of a dog. Every one of them is loud. It barks.", None]
    summaries = [
        {
            "neuron_id": n, "direction": direction, "describer": "counting",
            "summary": None if n == 5 else said[0] if direction == "highest" else "Every one of them is loud.",
            "missing_reason": "none of its clips has a caption" if n == 5 else None,
            "answer_id": f"{2:032x}" if n == 0 and direction == "highest" else None,
        }
        for n in range(NEURONS) for direction in ("highest", "lowest")
    ]  # fmt: skip
    loud = "Every one of them is loud."
    calibrated = [
        ("highest", 0, "Every clip is of a loud dog.", "kept", True, loud, 0.3),
        ("highest", 1, loud, "shared", False, loud, 1.0),
        ("highest", 2, "It barks.", "short", False, None, None),
        ("lowest", 0, loud, "shared", False, loud, 1.0),
    ]
    columns = ("direction", "sentence_index", "sentence", "verdict", "is_kept", "nearest_sentence", "nearest_cosine")
    sentences = [
        {"neuron_id": n, **dict(zip(columns, row, strict=True))} for n in range(NEURONS - 1) for row in calibrated
    ]
    choices = [
        {"neuron_id": n, "rank": r + 1, "concept_id": (n + r) % 3, "answered": "dog", "is_snapped": False}
        for n in range(NEURONS - 1) for r in range(K)
    ]  # fmt: skip
    choices.append({"neuron_id": 5, "rank": 1, "is_snapped": False, "missing_reason": "no summary to choose by"})
    cosines = [{"concept_id": c, "class_label": name, "cosine": 0.5} for c in range(3) for name in ("dog", "rain")]
    adjectives = {
        "adjective": ["loud", "odd"], "is_acoustic": [True, None], "describer": ["counting"] * 2,
        "source": ["lexicon"] * 2, "missing_reason": [None, "not in the lexicon"],
        "answer_id": [f"{0:032x}", None],
    }  # fmt: skip
    words = [
        {
            "neuron_id": n, "part_of_speech": part, "lemma": lemma, "word": lemma, "occurrences": 1,
            "is_acoustic": True if part == "adjective" else None,
        }
        for n in range(NEURONS - 1) for part, lemma in (("adjective", "loud"), ("noun", "dog"), ("preposition", "of"))
    ]  # fmt: skip
    return {
        "summaries": pl.DataFrame(summaries, infer_schema_length=None).to_dict(),
        "summary_sentences": pl.DataFrame(sentences, infer_schema_length=None).to_dict(),
        "concept_choices": pl.DataFrame(choices, infer_schema_length=None)
        .with_columns(
            describer=pl.lit("counting"),
            answer_id=pl.when(pl.col("neuron_id") == 0).then(pl.lit(f"{4:032x}")),
        )
        .to_dict(),
        "concept_similarities": pl.DataFrame(cosines).to_dict(),
        "adjectives": adjectives,
        "neuron_words": pl.DataFrame(words, infer_schema_length=None).to_dict(),
    }


def _interpretability(frames: dict[str, dict]) -> dict[str, dict]:
    top_clips = pl.DataFrame(frames["top_clips"])
    sentences = pl.DataFrame({"clip_id": range(1, CLIPS), "sentence_index": 0, "sentence": "a dog barks", "cluster": 0})
    judged = interpretability(sentences, top_clips, CLIPS, (1, 2))
    one, three = (np.eye(6, dtype=np.uint8)[clusters][:, 1:] for clusters in ([0, 1, 1, 1, 1, 1], [0, 1, 1, 2, 2, 3]))
    runs = [Run(2, 0, one[:, :1]), Run(3, 0, three[:, :3])]
    chance = np.array([[1, 2], [1, 3]])
    return {
        "caption_clusters": sentences.to_dict(),
        "interpretability": judged.to_dict(),
        "interpretability_runs": interpretability_runs(runs, top_clips).to_dict(),
        "interpretability_chance": interpretability_chance(runs, (1, 2), chance, (2, 0)).to_dict(),
    }
