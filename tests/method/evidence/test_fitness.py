"""What a sentence may say of a neuron, example by example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.method.evidence.fitness import why_unfit
from dagster_and.method.evidence.material import Material
from tests.method.evidence.test_sentences import RULE, told

RAIN = Material("rain", often=("steady",))
WIND = Material("wind, not loud, or rain", "siren at 440 to 880 Hz", mostly=("muffled",), such_as=("a gale",))


@pytest.mark.parametrize(
    ("text", "material"),
    [
        ("Rain.", RAIN),
        ("The sound of rain, often steady.", RAIN),
        ("Rain that is often steady.", RAIN),
        ("Raining.", RAIN),
        ("rain", RAIN),
        ("Wind, not loud, or rain.", WIND),
        ("Wind that is not loud, or rain; also sirens at 440 to 880 Hz.", WIND),
        ("Either wind, not loud, or rain, mostly muffled, such as a gale.", WIND),
        ("A dog that barks at 110 Hz.", Material("dog bark at 110 Hz")),
        ("No sirens.", Material("anything but a siren")),
        ("Neither sirens nor dog barks.", Material("not a siren, not a dog bark")),
        ("High pitched sirens.", Material("high-pitched siren")),
        ("Two dogs.", Material("2 dogs")),
        ("Either loud or quiet sounds.", Material("loud", "quiet")),
        ("Rain; otherwise not clear.", Material("rain", "not clear")),
        ("About 2217 Hz.", Material("about 2217 Hz (C#7)")),
        ("About 2217 Hz.", Material("about 2217 Hz (C#7)", "440 to 880 Hz")),
    ],
)
def test_what_is_fit(text: str, material: Material):
    assert why_unfit(text, material) is None


@pytest.mark.parametrize(
    ("text", "material", "why"),
    [
        ("", RAIN, "one sentence"),
        ("Rain?", RAIN, "full stop"),
        ("Rain. It is often steady.", RAIN, "one sentence"),
        (f"{'the sound of ' * 9}rain.", RAIN, "25 words"),
        ("Rain / often: steady.", RAIN, "holds '/'"),
        ("Heavy rain.", RAIN, "says heavy, which is neither"),
        ("Three clips of rain.", RAIN, "says three, which is not in the label"),
        ("Rain at 300 Hz.", RAIN, "says 300, which is not in the label"),
        ("Sounds, often steady.", RAIN, "leaves out rain"),
        ("Steady rain.", RAIN, "says steady without"),
        ("Often rain.", RAIN, "says rain of the label with reserve"),
        ("Not rain.", RAIN, "denies rain"),
        ("Rain, not often steady.", RAIN, "steady"),
        ("Rain and more rain.", RAIN, "more"),
        ("Rain; also rain.", RAIN, "rain twice"),
        ("Sirens.", Material("anything but a siren"), "does not deny sirens"),
        ("Sirens at 440 Hz.", Material("siren, not 440 Hz"), "does not deny 440"),
        ("Onsets.", Material("without onsets"), "does not deny onsets"),
        ("Wind, not loud, and rain.", WIND, "leaves out the 'or'"),
        ("Wind or rain, not loud.", WIND, "another order"),
        ("Wind, not loud, or rain; also sirens.", WIND, "leaves out"),
        ("Loud or sirens.", Material("loud siren"), "'or' where the label does not"),
        ("Loud and quiet.", Material("loud", "quiet"), "loud and quiet, which are opposites"),
        ("Rain, not clear.", Material("rain", "not clear"), "does not set the second label apart"),
        ("Sirens; also rain.", Material("rain", "siren"), "does not set the second label apart"),
    ],
)
def test_what_is_unfit_and_why(text: str, material: Material, why: str):
    assert why in (why_unfit(text, material) or "")


@given(told(), st.data())
def test_a_rules_sentence_with_a_word_less_or_a_denial_more_is_not_fit(material: Material, data: st.DataObject):
    """Of the label no content word may go, and none may be denied that it does not deny."""
    from dagster_and.method.evidence.reading import said

    sentence = RULE.sentence(Material(material.label))
    one = data.draw(st.sampled_from(said(sentence)))
    if sum(other.text == one.text for other in said(sentence)) == 1:
        without = sentence.lower().replace(one.text.lower(), "", 1)
        assert why_unfit(without, material) is not None
    if not any(one.is_denied for one in said(sentence)):
        assert why_unfit(f"Not {sentence}", material) is not None
