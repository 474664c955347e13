"""A network's worth: above chance with its whole interval, near chance, or not to be judged, with the reason."""

import pytest

from dagster_and.method.target.worth import NEAR_CHANCE, Worth, worth_of

JUDGED = {"classes": 5, "held_out_fold": 5, "held_out_clips": 20, "held_out_accuracy": 0.45, "chance_accuracy": 0.2}
NOT_A_CLIP = "no clip of the held-out fold is of a class that the head knows"


def worth(**facts: object) -> Worth:
    return worth_of(JUDGED | facts)


def test_nine_of_twenty_lie_above_a_fifth_and_six_do_not():
    above, near = worth(), worth(held_out_accuracy=0.3)
    assert (above.low, above.high) == (pytest.approx(0.258, abs=0.001), pytest.approx(0.658, abs=0.001))  # by hand
    assert (near.low, near.high) == (pytest.approx(0.145, abs=0.001), pytest.approx(0.519, abs=0.001))
    assert (above.is_near_chance, near.is_near_chance) == (False, True)


def test_a_network_below_chance_is_near_chance_too():
    assert worth(held_out_accuracy=0.0, chance_accuracy=0.9).is_near_chance


def test_more_clips_tell_the_same_accuracy_from_chance():
    assert worth(held_out_accuracy=0.3, held_out_clips=20).is_near_chance
    assert not worth(held_out_accuracy=0.3, held_out_clips=200).is_near_chance


def test_one_clip_is_near_a_chance_of_one_whatever_is_said_of_it():
    assert worth(held_out_clips=1, held_out_accuracy=1.0, chance_accuracy=1.0).is_near_chance


def test_what_the_words_then_mean_is_said_only_near_chance():
    assert NEAR_CHANCE in worth(held_out_accuracy=0.3).sentence
    assert NEAR_CHANCE not in worth().sentence
    assert worth().sentence.endswith("45.0% of 20 held-out clips right (25.8% to 65.8%; chance 20.0%).")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"classes": None}, "it has no head, so it answers with no class"),
        ({"held_out_fold": None}, "no fold is known that its training never heard"),
        ({"held_out_clips": 0, "held_out_accuracy": None, "chance_accuracy": None}, NOT_A_CLIP),
        ({"held_out_clips": None, "held_out_accuracy": None}, NOT_A_CLIP),
    ],
)
def test_what_cannot_be_judged_has_a_reason_and_no_verdict(facts: dict[str, object], reason: str):
    unjudged = worth(**facts)
    assert unjudged.sentence == f"Whether the network has learned its classes can't be judged: {reason}."
    assert (unjudged.low, unjudged.high, unjudged.is_near_chance) == (None, None, None)
