"""Significance, held-out scores, evident words and verdicts, on small worlds whose truth is known."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from scipy.stats import mannwhitneyu

from dagster_and.lake.tables import (
    ACTIVATIONS,
    DESCRIPTION_SCORES,
    HALF_DESCRIPTIONS,
    NEURON_LABELS,
    NEURON_SENTENCES,
    NEURON_VERDICTS,
)
from dagster_and.method.activations.pooling import statistics
from dagster_and.method.evidence.description_scores import (
    NO_DESCRIPTION,
    TOO_FEW_CLIPS,
    description_scores,
    shuffled,
)
from dagster_and.method.evidence.evident_words import evident_words
from dagster_and.method.evidence.halves import halves
from dagster_and.method.evidence.significance import NO_LABEL, significance
from dagster_and.method.evidence.verdicts import NOTHING_STATED, verdicts
from dagster_and.method.text.caption_words import WordNearness, content_words

CLIPS = 200
LABELS = [("dog", "rain", "siren", "engine")[clip % 4] for clip in range(CLIPS)]
LOUD = np.random.default_rng(1).random(CLIPS) < 0.4
CAPTIONS = [
    f"The sound of a {label}. It is {'loud' if loud else 'quiet'}." for label, loud in zip(LABELS, LOUD, strict=True)
]
NOISE = np.random.default_rng(2).normal(size=(400, CLIPS))
IS_DOG = np.array([label == "dog" for label in LABELS])
HALVES = halves(CAPTIONS, [None] * CLIPS)


def batches(activation: np.ndarray, rows: int = 3):
    activation = activation.astype(np.float32)
    for start in range(0, len(activation), rows):
        part = activation[start : start + rows]
        ids = range(start, start + len(part))
        columns = {"neuron_id": list(ids), "activation": part.tolist(), **statistics(part)}
        yield pa.RecordBatch.from_pydict(columns, schema=ACTIVATIONS.schema)


def said_by_half(first: list[str | None], second: list[str | None]) -> pl.DataFrame:
    """The table ``half_descriptions``, with these descriptions."""
    rows = [
        {"neuron_id": n, "half": half, "description": text, "missing_reason": None if text else f"nothing of {half}"}
        for half, texts in enumerate((first, second)) for n, text in enumerate(texts)
    ]  # fmt: skip
    schema = HALF_DESCRIPTIONS.frame_schema
    return pl.DataFrame(rows, schema={name: schema[name] for name in rows[0]})


def scored(activation: np.ndarray, descriptions: list[str | None]) -> pl.DataFrame:
    """Of descriptions on which both halves agree."""
    near = {"words": WordNearness(CAPTIONS)}
    made = said_by_half(descriptions, descriptions)
    return description_scores(batches(activation, 100), descriptions, made, HALVES, near)


def labels(said: dict[int, tuple[str, ...]], neurons: int) -> pl.DataFrame:
    """The table ``neuron_labels``, with these labels and no others."""
    rows = [
        {"neuron_id": n, "mode": mode, "verdict": "labelled" if label else "no_label", "label": label, "clips": CLIPS,
         "auroc": 0.9 if label else 0.5, "auroc_low": 0.8, "auroc_high": 0.95, "q_value": 1e-6 if label else 0.6}
        for n in range(neurons) for mode, label in enumerate(said.get(n, (None,)), 1)
    ]  # fmt: skip
    schema = NEURON_LABELS.frame_schema
    return pl.DataFrame(rows, schema={name: schema[name] for name in rows[0]})


def judged(
    activation: np.ndarray, descriptions: list[str | None], said: dict[int, tuple[str, ...]] | None = None
) -> pl.DataFrame:
    words = evident_words(batches(activation, 100), descriptions, CAPTIONS)
    spread = pl.concat([pl.DataFrame(b) for b in batches(activation, 100)]).select("neuron_id", "minimum", "maximum")
    table = labels(said or {}, len(activation))
    return verdicts(spread, scored(activation, descriptions), words, table, sentences(table))


def sentences(table: pl.DataFrame) -> pl.DataFrame:
    """The table ``neuron_sentences``, with the first label as the sentence."""
    first = table.filter(pl.col("mode") == 1).select("neuron_id", sentence=pl.col("label").str.to_titlecase() + ".")
    return first.cast({"sentence": NEURON_SENTENCES.frame_schema["sentence"]})


def test_significance_is_scipys_and_a_concept_without_label_says_so():
    activation = np.stack([NOISE[0] + 2 * IS_DOG, NOISE[1]])
    concepts = pl.DataFrame({"concept_id": [0, 1], "concept": ["dog", "joy"], "label": ["dog", None]})
    answers = pl.DataFrame([(n, "DB", "cosine", 1, c) for n, c in ((0, 0), (1, 1))], orient="row",
                           schema=["neuron_id", "method", "similarity", "rank", "concept_id"])  # fmt: skip
    table = significance(batches(activation), answers, concepts, LABELS)
    exact = activation[0].astype(np.float32)
    p = mannwhitneyu(exact[IS_DOG], exact[~IS_DOG], alternative="greater", method="asymptotic").pvalue
    assert table["p_value"].to_list() == [pytest.approx(p), None]
    assert table["q_value"].to_list() == [pytest.approx(p), None]  # one test of its kind
    assert table["is_significant"].to_list() == [True, None]
    assert table["missing_reason"].to_list() == [None, NO_LABEL]


def test_a_true_description_scores_high_and_a_constant_one_at_chance():
    true = scored(np.stack([NOISE[0] + 4 * IS_DOG]), ["It is a dog."])
    assert true["score"][0] > 0.9
    assert true["p_value"][0] < 1e-6
    for constant in ("It is a dog.", "It is loud.", "Nothing in any caption."):
        scores = scored(NOISE, [constant] * len(NOISE))
        assert scores["score"].mean() == pytest.approx(0.5, abs=0.015)
        assert (scores["p_value"] < 0.05).mean() < 0.07
        chance = (scores["high_clips"] / scores["clips"]).mean()
        assert scores["nearest_precision"].mean() == pytest.approx(chance, abs=0.015)


def test_shuffled_descriptions_are_anothers():
    assert shuffled(["a", None, "b"]) == ["b", None, "a"]
    names = [str(i) for i in range(50)]
    mixed = shuffled(names)
    assert sorted(mixed) == sorted(names)
    assert all(a != b for a, b in zip(mixed, names, strict=True))


def test_a_neuron_of_size_without_sign_is_not_loud():
    wild = NOISE[:100] * np.where(LOUD, 3.0, 0.3)
    scores = scored(wild, ["It is loud."] * 100)
    assert scores["score"].mean() > 0.6  # against the rest it looks true
    assert (scores["p_value"] < 0.05).mean() < 0.1  # against the lowest it doesn't


def test_missing_descriptions_have_a_reason():
    row = scored(NOISE[:1], [None]).row(0, named=True)
    assert row["score"] is None
    assert row["missing_reason"] == NO_DESCRIPTION


def test_evident_words_are_found_and_noise_has_none():
    activation = np.concatenate([NOISE[:1] + 3 * IS_DOG, NOISE[1:2] + 3 * LOUD, NOISE[2:200]])
    table = evident_words(batches(activation, 7), ["A dog."] * len(activation), CAPTIONS)
    first = table.filter(pl.col("rank") == 1)
    assert first.select("neuron_id", "word", "is_in_description").rows()[:2] == [(0, "dog", True), (1, "loud", False)]
    assert first.height <= 2 + 2  # of 198 noise neurons
    assert evident_words(batches(NOISE[:3]), [None] * 3, [None] * CLIPS).height == 0


def test_evident_words_are_found_where_the_neuron_is_active():
    """A neuron that fires on six of 200 clips, five of them its top clips."""
    captions = [f"{text} It rings." if 100 <= clip < 106 else text for clip, text in enumerate(CAPTIONS)]
    activation = NOISE[:20] * 0.01
    activation[0, 100:106] += 5.0
    words = evident_words(batches(activation), [None] * 20, captions)
    assert words.filter(neuron_id=0)["word"].to_list() == ["ring"]
    assert words["neuron_id"].n_unique() <= 2


def test_shuffled_activations_follow_no_words():
    """Selective neurons, each shuffled over the clips: one in a hundred listed may be chance."""
    random = np.random.default_rng(5)
    selective = np.maximum(NOISE - 1.5, 0) ** 2 + 2 * IS_DOG * (np.arange(len(NOISE)) % 2)[:, None]
    found = evident_words(batches(selective, 100), [None] * len(NOISE), CAPTIONS)
    assert found.filter(pl.col("word") == "dog")["neuron_id"].n_unique() >= 200
    mixed = random.permuted(selective, axis=1)
    assert evident_words(batches(mixed, 100), [None] * len(NOISE), CAPTIONS)["neuron_id"].n_unique() <= 4  # of 400


def test_verdicts_by_hand():
    """A label comes first, a description that holds without one second; words alone are no statement."""
    activation = np.stack(
        [NOISE[0] + 4 * IS_DOG, NOISE[1] + 4 * IS_DOG, NOISE[2] + 4 * LOUD, *NOISE[3:12], np.full(CLIPS, 0.7)]
    )
    descriptions = [*["It is a dog."] * 2, "It is a siren.", *["It is a dog."] * 9, None]
    table = judged(activation, descriptions, {0: ("dog, loud",), 12: ("dog",)})
    assert table["verdict"].to_list() == ["labelled", "described", *["no_evidence"] * 10, "dead"]
    assert table["is_described"].to_list() == [True, True] + [False] * 11
    assert table["statement"].to_list() == ["Dog, Loud.", "It is a dog.", *[None] * 11]
    assert table["is_description_supported"].to_list() == [True, True, *[False] * 10, None]
    assert table["evident_words"][2] == "loud"
    assert table.schema == NEURON_VERDICTS.frame_schema
    assert table["reason"].null_count() == 0


def test_trust_is_that_of_what_is_stated():
    activation = np.stack([NOISE[0] + 4 * IS_DOG, NOISE[1] + 4 * IS_DOG, NOISE[2], np.zeros(CLIPS)])
    descriptions = [*["It is a dog."] * 3, None]
    table, scores = judged(activation, descriptions, {0: ("dog",)}), scored(activation, descriptions)["score"].to_list()
    assert table["held_out_score"].to_list() == scores
    assert table["trust"].to_list() == [0.9, scores[1], None, None]
    assert table["trust_low"].is_null().to_list() == table["trust_high"].is_null().to_list() == [False] * 2 + [True] * 2
    assert table.select("trust_low", "trust_high").row(0) == (0.8, 0.95)
    assert table["trust_missing_reason"].to_list() == [None, None, NOTHING_STATED, NOTHING_STATED]


def test_a_verdict_gives_its_reason_in_figures():
    """Figures to three decimals, of q two that say something; the better of two scorers pays for both."""
    spread = pl.DataFrame({"neuron_id": range(6), "minimum": 0.0, "maximum": [1.0] * 5 + [0.0]})
    scores = pl.DataFrame(
        [(0, "words", 0.5, 0.9, None), (1, "words", 0.91239, 1.23456e-9, None), (1, "embedding", 0.6, 0.2, None),
         (2, "words", 0.51251, 0.25, None), (2, "embedding", 0.5, 0.4, None), (3, "words", None, None, "No half.")],
        schema=["neuron_id", "scorer", "score", "p_value", "missing_reason"], orient="row",
    ).with_columns(score_low=0.4, score_high=0.6, claim=pl.lit("A dog."), clips=180)  # fmt: skip
    label = labels({0: ("dog",)}, 6).with_columns(auroc=pl.lit(0.98765), q_value=pl.lit(0.00034567))
    words, ids = pl.DataFrame(schema={"neuron_id": pl.Int32, "rank": pl.Int32, "word": pl.String}), pl.col("neuron_id")
    table = verdicts(spread.with_columns(ids.cast(pl.Int32)), scores.with_columns(ids.cast(pl.Int32)), words, label,
                     sentences(label))  # fmt: skip
    tells, halves_say = "tells highly activating clips from others: AUROC", "each half by what the other half says"
    assert table["reason"].to_list() == [
        f"Its label {tells} 0.988 (chance 0.5) on 200 clips, each by the form that other clips chose, q = 0.00034.",
        f"No label holds, but the description does. By words it {tells} 0.912 (chance 0.5) on 180 clips, {halves_say}, "
        "q = 7.40e-9.",
        "No label holds, and the description does not beat chance on clips that did not make it. "
        f"By words it {tells} 0.513 (chance 0.5) on 180 clips, {halves_say}, q = 0.75.",
        "No label holds. No half.",
        "No label holds. It was not scored.",
        "The activation is the same on every clip.",
    ]


def test_rounding_does_not_wake_the_dead():
    constant = np.full((1, CLIPS), 0.7, np.float32)
    constant[0, ::3] = np.nextafter(np.float32(0.7), np.float32(1))
    assert judged(constant, ["A dog."])["verdict"].to_list() == ["dead"]


def test_too_few_clips_give_no_score():
    near = {"words": WordNearness(CAPTIONS[:19])}
    parts, texts = (np.arange(10), np.arange(10, 19)), ["A dog.", None]
    table = description_scores(batches(NOISE[:2]), texts, said_by_half(texts, texts), parts, near)
    assert table.schema == DESCRIPTION_SCORES.frame_schema
    assert table["score"].null_count() == 2
    assert table["missing_reason"].to_list() == [TOO_FEW_CLIPS, NO_DESCRIPTION]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It is loud, not bright. The dogs' bark", ["loud", "dog", "bark"]),
        ("Every clip is of high-pitched bird chirps.", ["high-pitched", "bird", "chirp"]),
        ("", []),
        ("GLASS breaks", ["glass", "break"]),
    ],
)
def test_content_words(text: str, words: list[str]):
    assert content_words(text) == words


def test_nearness_by_hand():
    near = WordNearness(["a dog", "a cat", "a dog and a cat"])
    assert near(["dog", "horse"]) == pytest.approx(np.array([[1.0, 0.0, 0.5**0.5], [0.0, 0.0, 0.0]]))
