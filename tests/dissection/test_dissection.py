"""Dissection files: what is read, and what is refused in one sentence that says what to write instead."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dagster_and.dissection import Dissection, dissection_files, find, load_all, load_file
from dagster_and.dissection.files import LARGEST_FILE
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY, Home

GOOD = """
probing: {layout: soundbank, clips_per_class: 5}
captions: {captioner: dataset}
target: {family: embedded_ast}
"""
LLM = "describer: {kind: llm, base_url: http://127.0.0.1/v1, model: MODEL}"
MOMENTS = GOOD.replace("dataset", "audio_llm, moment_s: SECONDS, llm: {base_url: http://127.0.0.1/v1, model: MODEL}")


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(dedent(text), encoding="utf-8")
    return folder / name


def test_what_comes_along_is_right():
    good, refused = load_all(Home(REPOSITORY / "no-such-home"))
    assert set(good) >= {"ast-demo", "ast-esc10", "ast-esc50"}
    assert refused == {}
    assert good["ast-esc50"].target.checkpoint == "Evan-Lin/ast-esc50"


def test_a_users_file_adds_a_dissection_by_its_name(tmp_path: Path):
    home = Home(tmp_path)
    write(home.dissections, GOOD)
    assert "mine" in dissection_files(home)
    assert find("mine", home).name == "mine"
    assert find(str(home.dissections / "mine.yaml"), home).top_clips.k == 5


def test_a_bad_file_does_not_hide_the_good_ones(tmp_path: Path):
    home = Home(tmp_path)
    write(home.dissections, "probing: [")
    good, refused = load_all(home)
    assert "ast-demo" in good
    assert "is not YAML" in refused["mine"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("- a\n- b", ["must hold sections"]),
        ("", ["must hold sections"]),
        (GOOD + "colour: red", ["unknown key colour", "write one of name, description, probing"]),
        (GOOD.replace("clips_per_class: 5", "clips: 5"), ["unknown key probing", "clips_per_class"]),
        (GOOD + "top_clips: {n: 3}", ["unknown key top_clips.n", "write one of k"]),
        (GOOD + "top_clips: {k: 0}", ["top_clips.k", "greater than or equal to 1", "it is 0"]),
        (GOOD + "activations: {pooling: median}", ["activations.pooling", "'cls', 'mean' or 'max'", "'median'"]),
        (GOOD + "evidence: {detection: on}", ["evidence.detection is on", "write describer.kind: llm"]),
        (GOOD + "evidence: {sentences: always}", ["evidence.sentences", "'on', 'off' or 'auto'"]),
        (GOOD + "evidence: {detection_clips: 7}", ["evidence.detection_clips", "multiple of 2"]),
        (GOOD + "closed_concepts: {concepts: []}", ["closed_concepts.concepts"]),
        (GOOD + "closed_concepts: {concepts: ['dog', ' ']}", ["an empty concept"]),
        (GOOD.replace("soundbank", "podcast"), ["probing.layout must be one of", "soundbank"]),
        (GOOD.replace("target: {family: embedded_ast}", ""), ["target is missing"]),
        (GOOD.replace("captioner: dataset", "captioner: file"), ["path belongs to captioner: file"]),
        (GOOD.replace("dataset", "dataset, moment_s: 1"), ["moment_s belongs to captioner: audio_llm"]),
        (MOMENTS.replace("SECONDS", "0.2"), ["captions.moment_s", "greater than or equal to 0.5", "it is 0.2"]),
        (MOMENTS.replace("SECONDS", "2"), ["moment_s is 2, but only 2 s of a clip are heard", "write less than that"]),
        (MOMENTS.replace("SECONDS", "1") + "activations: {moments: false}", ["activations.moments is off", "turn it"]),
        (GOOD.replace("embedded_ast", "embedded_ast, hidden_size: 50"), ["hidden_size must be a multiple of heads"]),
        (GOOD.replace("embedded_ast", "embedded_ast, training_folds: [1, 5]"), ["held_out_fold 5 is among"]),
        (GOOD.replace("clips_per_class: 5", "window_s: 0.1"), ["probing.soundbank.window_s", "equal to 0.5"]),
        (GOOD.replace("clips_per_class: 5", f"seed: {2**70}"), ["probing.soundbank.seed", "less than 4294967296"]),
        (GOOD.replace("embedded_ast", f"embedded_ast, seed: {2**70}"), ["target.embedded_ast.seed", "less than"]),
        (GOOD + f"summaries: {{seed: {2**70}}}", ["summaries.seed", "less than 4294967296"]),
        (
            GOOD + f"pruning: {{single_adjectives: {2**70}}}",
            ["pruning.single_adjectives", "less than or equal to 1000"],
        ),
        (GOOD + "pruning: {single_adjectives: -1}", ["pruning.single_adjectives", "greater than or equal to 0"]),
        (GOOD + "pruning: {single_adjectives: [loud, loud]}", ["'loud' stands there twice; write each once"]),
        (GOOD + "pruning: {basic_adjectives: [' ']}", ["pruning.basic_adjectives.0: blank; write at least one letter"]),
        (GOOD + "pruning: {strategies: [OCP, DB, OCP]}", ["pruning.strategies: 'OCP' stands there twice"]),
        (GOOD + "pruning: {concepts: [dog, dog]}", ["'dog' stands there twice"]),
        (GOOD + "pruning: {blocks: [0, 0]}", ["0 stands there twice"]),
        (GOOD + "pruning: {confidence: .nan}", ["pruning.confidence", "finite number"]),
        (GOOD.replace("embedded_ast", "embedded_ast, training_folds: [1, 1]"), ["1 stands there twice"]),
        (GOOD.replace("embedded_ast", "beats, checkpoint: ''"), ["target.beats.checkpoint: blank"]),
        (GOOD + LLM.replace("MODEL", "' '"), ["describer.llm.model: blank; write at least one letter"]),
        (
            GOOD + LLM.replace("127.0.0.1", "127.0 .0.1"),
            ["describer.llm.base_url: not the plain URL", "without blanks"],
        ),
        (GOOD + LLM.replace("/v1", "/v 1"), ["describer.llm.base_url: not the plain URL", "without blanks"]),
        (GOOD + "name: other", ["name is 'other', but the file is called mine"]),
        (GOOD + "folder: /etc", ["unknown key folder; leave it out"]),
        ("!!python/object/apply:os.system ['true']", ["is not YAML"]),
        ("[" * 5000, ["is not YAML"]),
        ("probing: []\ncaptions: 7\ntarget: x", ["captions must be a section of settings, as in dissections"]),
        ("probing: 2001-99-99", ["is not YAML", "month must be in 1..12"]),
        ("probing: !!int ''", ["is not YAML"]),
        ('probing: {layout: folder, path: "a\\0b"}', ["is not YAML", "a text holds a zero byte"]),
        ("1: 2", ["must hold sections"]),
        ("name: 0x" + "f" * 5000, ["is not YAML", "a number of over 300 digits", "line 1"]),
        ("probing: !!binary AAAA", ["is not YAML", "could not determine a constructor", "binary"]),
        ("probing: &one [*one]", ["is not YAML", "holds itself, by an alias"]),
        (
            GOOD + "top_clips: {k: 3}\ntop_clips: {k: 4}",
            ["is not YAML", "the key 'top_clips' stands there twice", "line 6"],
        ),
        (GOOD + f"top_clips: {{k: {'x' * 9999}}}", ["top_clips.k", "'xxx", "..."]),
        (GOOD + f"closed_concepts: {{concepts: [{'[], ' * 99}]}}", ["closed_concepts.concepts", "more are wrong"]),
        (
            "probing: {layout: soundbank}\ncaptions: {captioner: dataset}\ntarget: {family: embedded_ast, epochs: 0}\n",
            ["target.embedded_ast.epochs: input should be greater than or equal to 1", "input should be 'auto'"],
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, parts: list[str]):
    with pytest.raises(UserError) as caught:
        load_file(write(tmp_path, text))
    sentence = str(caught.value)
    assert "\n" not in sentence
    for part in parts:
        assert part in sentence


BOUNDED_BY_A_VALIDATOR = {"thresholds", "sensitivity_clusters", "sensitivity_seeds", "fractions"}


def numbers(schema: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every number within a JSON schema, with the name of its field."""
    if isinstance(schema, list):
        for part in schema:
            yield from numbers(part, name)
    elif isinstance(schema, dict):
        if schema.get("type") in ("integer", "number"):
            yield name, schema
        for key, part in schema.items():
            for field, inner in part.items() if key in ("properties", "$defs") else [(name, part)]:
                yield from numbers(inner, field)


def test_every_number_of_a_file_has_a_lowest_and_a_highest_value():
    """What has none ends in an overflow in the middle of a run."""
    open_ended = {
        name
        for name, schema in numbers(Dissection.model_json_schema())
        if not {"minimum", "exclusiveMinimum"} & set(schema) or not {"maximum", "exclusiveMaximum"} & set(schema)
    }
    assert open_ended <= BOUNDED_BY_A_VALIDATOR


def test_half_a_character_in_a_file_is_no_part_of_a_concept(tmp_path: Path):
    """JSON is YAML, and writes a dog in two halves."""
    text = GOOD + r'closed_concepts: {concepts: ["\ud83d\udc36", "rain\ud800"]}'
    assert load_file(write(tmp_path, text)).closed_concepts.concepts == ("🐶", "rain\ufffd")


@pytest.mark.parametrize("name", ["My Network!", "two\nlines", "-a", "x" * 64, "\u202eod"])
def test_a_name_that_no_file_system_or_partition_should_carry_is_refused_in_one_line(tmp_path: Path, name: str):
    with pytest.raises(UserError, match=r"no dissection can be called .*: give the file a name of") as refusal:
        load_file(write(tmp_path, GOOD, f"{name}.yaml"))
    assert str(refusal.value).isprintable()


def test_a_file_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(UserError, match="can't be read"):
        find(str(tmp_path / "none.yaml"), Home(tmp_path))
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(UserError, match=r"pipe\.yaml can't be read .* It is no plain file"):
        load_file(tmp_path / "pipe.yaml")
    with pytest.raises(UserError, match="is larger than 1,000,000 bytes"):
        load_file(write(tmp_path, GOOD + "#" * LARGEST_FILE))
    with pytest.raises(UserError, match="write one of ast-demo, ast-esc10, ast-esc50"):
        find("none", Home(tmp_path))


def test_the_folder_of_sounds_may_be_an_environment_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = GOOD.replace("layout: soundbank, clips_per_class: 5", "layout: folder, path: $SOUNDS_HERE/sub")
    section = load_file(write(tmp_path, text)).probing
    monkeypatch.delenv("SOUNDS_HERE", raising=False)
    with pytest.raises(UserError, match="export SOUNDS_HERE="):
        section.root()
    monkeypatch.setenv("SOUNDS_HERE", str(tmp_path))
    with pytest.raises(UserError, match="there is no folder"):
        section.root()
    (tmp_path / "sub").mkdir()
    assert section.root() == tmp_path / "sub"


def test_paths_start_at_the_files_own_folder(tmp_path: Path):
    dissection = load_file(write(tmp_path / "sub", GOOD))
    assert isinstance(dissection, Dissection)
    assert dissection.resolve("words.txt") == tmp_path / "sub" / "words.txt"
    assert dissection.resolve("/abs/words.txt") == Path("/abs/words.txt")


def test_sounds_and_checkpoints_start_there_too_and_hub_ids_stay(tmp_path: Path):
    text = """
        probing: {layout: folder, path: PATH}
        captions: {captioner: annotations}
        target: {family: transformers, checkpoint: CHECKPOINT}
    """

    def read(path: str, checkpoint: str) -> tuple[str, str]:
        file = write(tmp_path / "sub", text.replace("PATH", path).replace("CHECKPOINT", checkpoint))
        dissection = load_file(file)
        return dissection.probing.path, dissection.target.checkpoint

    assert read("../sounds", "./net") == (str(tmp_path / "sounds"), str(tmp_path / "sub" / "net"))
    assert read("/abs", "owner/name") == ("/abs", "owner/name")
    assert read("$HERE/sounds", "$HERE/net") == ("$HERE/sounds", "$HERE/net")
    assert read("~/sounds", "/abs/net") == ("~/sounds", "/abs/net")


@pytest.mark.parametrize(("written", "read"), [("on", "on"), ("off", "off"), ("auto", "auto"), ("'on'", "on")])
def test_on_and_off_are_words_though_yaml_takes_them_for_truth(tmp_path: Path, written: str, read: str):
    assert load_file(write(tmp_path, GOOD + f"evidence: {{stability: {written}}}")).evidence.stability == read
    with pytest.raises(UserError, match=r"evidence\.stability"):
        load_file(write(tmp_path, GOOD + "evidence: {stability: sometimes}"))


def test_a_file_in_a_home_that_was_moved_is_the_same_file_and_one_that_was_changed_is_not(tmp_path: Path):
    keys = []
    for name in ("one", "two"):
        home = Home(tmp_path / name)
        text = GOOD.replace("layout: soundbank, clips_per_class: 5", "layout: folder, path: ../sounds")
        keys.append(load_file(write(home.dissections, text)).fingerprint(home))
        keys.append(load_file(write(home.dissections, text + "top_clips: {k: 3}")).fingerprint(home))
    assert keys[0] == keys[2] != keys[1] == keys[3]


def test_a_file_that_comes_along_is_the_same_file_in_another_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = Home(tmp_path / "home")
    key = find("ast-demo", home).fingerprint(home)
    elsewhere = shutil.copytree(REPOSITORY / "dissections", tmp_path / "other checkout" / "dissections")
    for module in ("dissection", "files"):
        monkeypatch.setattr(f"dagster_and.dissection.{module}.COME_ALONG", elsewhere)
    found = find("ast-demo", home)
    assert found.folder == elsewhere
    assert found.fingerprint(home) == key
