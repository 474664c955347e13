"""What counts as an answer, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.llm import prompts
from dagster_and.llm.parsing import Raw, Unparsable, parse, verdict

SUMMARISE = prompts.summarise(("a dog barks",))
CHOOSE = prompts.choose("It barks.", ("dog", "rain"), 2)
JUDGE = prompts.judge("loud")
DETECT = prompts.detect("It barks.", ("a dog", "rain"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"answer": "yes"}', "yes"),
        ('{"answer": "No"}', "no"),
        ('```json\n{"answer": "no"}\n```', "no"),
        ('Here it is: {"answer": "yes"}', "yes"),
        ("Yes", "yes"),
        ("no.", "no"),
        ("**Yes**, it can.", "yes"),
        ("No, it tells how something looks.", "no"),
    ],
)
def test_yes_and_no_are_read(text: str, value: str):
    assert parse(JUDGE, text) == value
    assert verdict(JUDGE, Raw(text)) == ("usable", None)


@pytest.mark.parametrize(
    "text",
    ["yesterday", "Yesterday, it could", "eyes", "no doubt it can", "Yes and no.", "The answer, yes", "maybe", "ja",
     '{"answer": "yesterday"}', '{"answer": true}', '{"verdict": "yes"}', '{"answer": ["yes"]}', '{"answer": "yes',
     '{"answer": "yes, no"}', "Nothing", "known: yes", "[]"],
)  # fmt: skip
def test_yes_inside_another_word_or_beside_no_is_no_answer(text: str):
    status, reason = verdict(JUDGE, Raw(text))
    assert status == "unparsable"
    assert reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"concepts": ["dog", "dog", " rain "]}', ("dog", "rain")),
        ('["dog", "rain"]', ("dog", "rain")),
        ("1. dog\n2. rain", ("dog", "rain")),
        ("Here are the best two:\n- dog\n- rain", ("dog", "rain")),
        ("dog, rain.", ("dog", "rain")),
    ],
)
def test_concepts_are_read_in_order_each_once(text: str, value: tuple[str, ...]):
    assert parse(CHOOSE, text) == value


@pytest.mark.parametrize("text", ['{"concepts": [1]}', '{"concepts": {"a": "dog"}}', '["dog", "rain"'])
def test_what_is_not_a_list_of_texts_is_no_choice(text: str):
    with pytest.raises(Unparsable):
        parse(CHOOSE, text)


@pytest.mark.parametrize(
    "text", ['{"verdicts": {"2": "no", "1": "yes"}}', '```\n{"verdicts": {"1":"yes","2":"no"}}\n```']
)
def test_a_verdict_for_every_clip_is_read(text: str):
    assert parse(DETECT, text) == ("yes", "no")
    assert verdict(DETECT, Raw(text)) == ("usable", None)


@pytest.mark.parametrize(
    "text",
    ['{"verdicts": {"1": "yes"}}', '{"verdicts": {"1": "yes", "2": "no", "3": "no"}}', '{"verdicts": ["yes", "no"]}',
     '{"verdicts": {"1": "yes", "2": "maybe"}}', '{"verdicts": {"1": true, "2": false}}', '{"1": "yes", "2": "no"}',
     '{"verdicts": {"1": "yes", "2": "no", "2": "yes"}}', '{"verdicts": {"1": "yes", "2": ["no"]}}', "yes, no", "[]"],
)  # fmt: skip
def test_a_verdict_too_few_too_many_or_of_another_kind_is_no_detection(text: str):
    status, reason = verdict(DETECT, Raw(text))
    assert status == "unparsable"
    assert reason


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (Raw("All bark."), "usable"),
        (Raw('{"summary": "All bark."}'), "usable"),
        (Raw(""), "empty"),
        (Raw(" \n"), "empty"),
        (Raw('{"summary": "\\u0000 "}'), "empty"),
        (Raw('{"summary": "All bark.', "length"), "cut_off"),
        (Raw("All bark and", "length"), "cut_off"),
        (Raw('{"summary": "All bark.'), "unparsable"),
        (Raw('{"text": "All bark."}'), "unparsable"),
        (Raw("", refusal="I can't help with that."), "refused"),
        (Raw("", "content_filter"), "refused"),
        (Raw("I'm sorry, but I can't help with that."), "refused"),
        (Raw('{"summary": "I cannot listen to audio."}'), "refused"),
        (Raw("As an AI language model, I have no ears."), "refused"),
    ],
)
def test_an_answer_is_called_what_it_is(raw: Raw, status: str):
    found, reason = verdict(SUMMARISE, raw)
    assert found == status
    assert (reason is None) == (status == "usable")


@given(st.text())
def test_nothing_that_a_server_may_say_breaks_the_parser(text: str):
    for request in (SUMMARISE, CHOOSE, JUDGE, DETECT):
        status, reason = verdict(request, Raw(text))
        assert (reason is None) == (status == "usable")
        if status == "usable":
            assert parse(request, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"summary": "a \ud83d\udc36 dog \ud800"}', "a 🐶 dog \ufffd"),
        ("it is \ud800 loud", "it is \ufffd loud"),
    ],
)
def test_half_a_character_is_no_part_of_a_text(text: str, value: str):
    assert parse(SUMMARISE, text) == value


def test_half_a_character_is_no_part_of_a_list():
    assert parse(CHOOSE, r'{"concepts": ["dog", "r\udc00"]}') == ("dog", "r\ufffd")


def test_json_of_a_thousand_folds_is_broken_json():
    assert verdict(SUMMARISE, Raw("[" * 100_000)) == ("unparsable", "The answer is broken JSON.")
