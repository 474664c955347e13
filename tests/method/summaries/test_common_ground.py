"""What a caption is of and how it sounds, and what captions share: worked by hand."""

import pytest

from dagster_and.method.summaries.common_ground import Phrase, Reading, Share, common_ground, read

KNOWN = {"loud": True, "muffled": True, "sharp": True, "quiet": True, "red": False}
"""Adjectives whose verdict is known; of the others nobody knows."""


@pytest.mark.parametrize(
    ("caption", "subject", "qualities"),
    [
        ("The sound of a dog barking in a park. It is sharp.", ["a dog barking", "a dog"], {"sharp"}),
        ("In a park, a bird sings.", ["a bird"], set()),
        ("The barking of a dog", ["a dog"], set()),
        ("One of the loud dogs", ["dogs"], {"loud"}),
        ("Something like an owl", ["an owl"], set()),
        ("This clip is of an old church bell.",
         ["an old church bell", "an old church", "a church bell", "a church", "a bell"], set()),
        ("A muffled engine", ["an engine"], {"muffled"}),
        ("A red engine", ["an engine"], set()),
        ("The odd engine runs.", ["an odd engine", "an engine"], set()),
        ("The engine sounds odd.", ["an engine"], {"odd"}),
        ("An odd noise.", [], {"odd"}),
        ("Odd, very odd.", [], {"odd"}),
        ("A train heard, loud and odd.", ["a train"], {"loud", "odd"}),
        ("A train passes, loud and odd.", ["a train"], {"loud"}),
        ("A siren. It was broken.", ["a siren"], set()),
        ("It is not loud.", [], set()),
        ("No dog is near, but a cat purrs.", ["a cat"], set()),
        ("Sound of brushing", ["brushing"], set()),
        ("clock", ["a clock"], set()),
        ("rain", ["rain"], set()),
        ("sea waves", ["sea waves", "a sea", "waves"], set()),
        ("number one", ["a number one", "a number", "a one"], set()),
        ("Clock after clock goes off", ["clock"], set()),
    ],
)  # fmt: skip
def test_a_caption_by_hand(caption: str, subject: list[str], qualities: set[str]):
    reading = read(caption, KNOWN.get)
    assert [phrase.text for phrase in reading.subject] == subject
    assert reading.qualities == qualities


def test_of_a_long_phrase_the_last_six_words_count():
    longest = read("the town hall church tower alarm clock bell", KNOWN.get).subject[0]
    assert longest.lemmas == ("hall", "church", "tower", "alarm", "clock", "bell")


def of(*things: str, qualities: str = "") -> Reading:
    return Reading(tuple(Phrase(tuple(thing.split()), thing) for thing in things), frozenset(qualities.split()))


def test_a_caption_stands_for_one_subject_the_one_that_most_share_and_of_these_the_longest():
    readings = [of("dog bark", "dog", "bark"), of("dog bark", "dog", "bark"), of("dog"), of("rain"), of("cat", "rain")]
    assert common_ground(readings).subjects == (Share("dog", 3), Share("rain", 2))
    assert common_ground(readings[:2]).subjects == (Share("dog bark", 2),)


def test_subjects_of_one_caption_are_shared_only_where_it_is_alone_and_no_more_than_three_are_told():
    assert common_ground([of("dog"), of("cat")]).subjects == ()
    assert common_ground([of("dog")]).subjects == (Share("dog", 1),)
    four = [of(thing) for thing in ("ant", "bee", "cat", "dog") for _ in range(2)]
    assert [share.what for share in common_ground(four).subjects] == ["dog", "cat", "bee"]


def test_a_subject_is_told_as_most_captions_tell_it():
    dog = [Reading((Phrase(("dog",), text),), frozenset()) for text in ("a dog", "dogs", "dogs")]
    assert common_ground(dog).subjects == (Share("dogs", 3),)


def test_a_quality_of_more_than_half_the_captions_is_shared_unless_its_opposite_is_too():
    readings = [of(qualities=said) for said in ("loud sharp", "loud sharp quiet", "loud quiet", "quiet odd")]
    assert common_ground(readings).qualities == ()
    assert common_ground(readings[:3]).qualities == (Share("sharp", 2),)
    assert common_ground([of(qualities="sharp"), *readings[:2]]).qualities == (Share("sharp", 3), Share("loud", 2))
    assert common_ground(readings).of == 4
