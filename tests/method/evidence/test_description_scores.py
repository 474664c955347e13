"""Cross-fitted scores: neurons are judged where they are active, and nothing is scored on clips that made it."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from dagster_and.method.evidence.description_scores import NO_SPREAD, description_scores, ends
from dagster_and.method.statistics.auroc import contrast
from dagster_and.method.text.caption_words import WordNearness
from dagster_and.method.top_clips.ranking import top_clips
from tests.method.evidence.test_evidence import CAPTIONS, CLIPS, HALVES, IS_DOG, NOISE, batches, said_by_half


def scored(activation: np.ndarray, first: list[str | None], second: list[str | None], captions=CAPTIONS, parts=HALVES):
    claims = [a or b for a, b in zip(first, second, strict=True)]
    near = {"words": WordNearness(captions)}
    return description_scores(batches(activation, 100), claims, said_by_half(first, second), parts, near)


def test_high_clips_are_a_tenth_or_those_that_carry_the_activation():
    assert np.median(ends(NOISE).high.sum(axis=1)) == 20  # a sixth of the clips carries a normal one
    narrow = np.abs(NOISE) * 0.01
    narrow[:, :6] += 5
    assert ends(narrow).high.nonzero()[1].reshape(-1, 6).tolist() == [[0, 1, 2, 3, 4, 5]] * len(NOISE)
    narrow[:, 1:6] = 0
    assert ends(narrow).high.sum(axis=1).tolist() == [3] * len(NOISE)  # one alone can't be told from the others


def test_equal_activations_are_not_torn_apart():
    activation = np.zeros((1, CLIPS))
    activation[0, :30] = 1
    assert ends(activation).high[0].nonzero()[0].tolist() == list(range(30))
    assert not ends(np.ones((1, CLIPS))).high.any()


def test_what_a_half_says_is_put_to_the_other_one():
    """Half 0 says what is true; half 1 says what is false: of the pairs of half 1 all but few are won."""
    activation = np.stack([NOISE[0] * 0.1 + IS_DOG])
    row = scored(activation, ["A dog."], ["A siren."]).row(0, named=True)
    near = WordNearness(CAPTIONS)(["A siren.", "A dog."])
    parts = []
    for part, said in zip(HALVES, near, strict=True):
        high = ends(activation[:, part]).high
        parts.append(contrast(said[None, part], high, ~high))
    assert parts[1].area[0] == pytest.approx(1, abs=0.2)
    assert parts[0].area[0] < 0.45
    assert row["score"] == pytest.approx((parts[0] + parts[1]).area[0])
    assert row["clips"] == CLIPS
    assert row["score_low"] < row["score"] < row["score_high"]


def test_the_correlation_of_ranks_is_spearmans_of_the_halves_weighted_by_their_clips():
    activation = np.stack([NOISE[0] * 0.5 + IS_DOG])
    row = scored(activation, ["A dog."], ["It is loud."]).row(0, named=True)
    near = WordNearness(CAPTIONS)(["It is loud.", "A dog."])
    found = [spearmanr(said[part], activation[0, part]).statistic for part, said in zip(HALVES, near, strict=True)]
    assert abs(found[0] - found[1]) > 0.1
    assert row["rank_correlation"] == pytest.approx(np.average(found, weights=[len(part) for part in HALVES]))


def test_a_half_that_says_nothing_has_no_say():
    activation = np.stack([NOISE[0] * 0.1 + IS_DOG] * 2 + [NOISE[1]])
    table = scored(activation, ["A dog.", None, None], ["A dog.", "A dog.", None])
    assert table["clips"].to_list() == [CLIPS, len(HALVES[0]), 0]
    assert table["score"].is_null().to_list() == [False, False, True]
    none = said_by_half([None], [None])
    near = {"words": WordNearness(CAPTIONS)}
    (row,) = description_scores(batches(NOISE[:1]), ["A dog."], none, HALVES, near).to_dicts()
    assert (row["score"], row["missing_reason"]) == (None, "nothing of 0")


def test_a_neuron_without_spread_says_so():
    assert scored(np.ones((1, CLIPS)), ["A dog."], ["A dog."])["missing_reason"].to_list() == [NO_SPREAD]


def test_descriptions_chosen_by_their_own_half_do_not_profit_from_it():
    """Each half says the word that stands out most among its own top clips of noise: chance, all the same."""
    words = ("dog", "rain", "siren", "engine", "loud", "quiet")
    holds = np.array([[word in caption for word in words] for caption in CAPTIONS])
    said = []
    for part in HALVES:
        tops = top_clips(NOISE[:, part], 5)["highest"]
        said.append([f"It is {words[best]}." for best in holds[part][tops].mean(axis=1).argmax(axis=1)])
    table = scored(NOISE, *said)
    assert table["score"].mean() == pytest.approx(0.5, abs=0.015)
    assert (table["p_value"] < 0.05).mean() < 0.07
    own = scored(NOISE, *said[::-1])  # put to the clips that made them they would look true
    assert own["score"].mean() > 0.55


def fires_on_bells(clips: int, share: float, seed: int) -> tuple[np.ndarray, list[str]]:
    """A neuron that fires on bells only, ``share`` of the clips, with a little noise; and the captions."""
    random = np.random.default_rng(seed)
    is_bell = np.arange(clips) % round(1 / share) == 0
    captions = [f"A {'bell' if bell else random.choice(['dog', 'cat', 'car', 'sea'])}." for bell in is_bell]
    return np.stack([random.normal(size=clips) * 0.1 + 5 * is_bell]), captions


@pytest.mark.parametrize("share", [0.01, 0.02, 0.03])
def test_a_narrow_neuron_is_judged_where_it_fires(share: float):
    """It fires on 6, 12 or 18 of 600 clips. On clips outside its top and bottom five it would look like chance."""
    activation, captions = fires_on_bells(600, share, seed=4)
    parts = np.arange(0, 600, 2), np.arange(1, 600, 2)
    if share == 0.02:  # every 50th clip is even
        parts = np.flatnonzero(np.arange(600) % 100 < 50), np.flatnonzero(np.arange(600) % 100 >= 50)
    elif share == 0.01:
        parts = np.flatnonzero(np.arange(600) % 200 < 100), np.flatnonzero(np.arange(600) % 200 >= 100)
    (row,) = scored(activation, ["A bell."], ["A bell."], captions, parts).to_dicts()
    assert row["score"] > 0.95
    assert row["p_value"] < 1e-4
    assert row["high_clips"] <= 20
    order = np.argsort(activation[0])[5:-5]  # the old rule
    near = WordNearness(captions)(["A bell."])[:, order]
    high = np.zeros((1, len(order)), dtype=bool)
    high[0, -59:] = True
    assert contrast(near, high, ~high).area[0] < 0.62
