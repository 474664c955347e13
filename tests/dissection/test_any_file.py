"""Any YAML, and any bytes, are a dissection or a sentence: never a trace, never more than a reader reads.

``pytest tests/dissection/test_any_file.py --hypothesis-profile thorough --timeout 0`` tries twenty times as
many.
"""

import resource
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_and.dissection import Dissection, Section, load_file
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.foundation.obstacles import obstacle
from dagster_and.preflight.checking import check

LONGEST_SENTENCE = 8_000
MOST_MEMORY_KB = 100_000


def models_of(model: type[Section]) -> Iterator[type[Section]]:
    """A section and all sections within it."""
    yield model
    for field in model.model_fields.values():
        for inner in sections(field.annotation):
            yield from models_of(inner)


def sections(annotation: Any) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for argument in get_args(annotation):
        yield from sections(argument)


SHIPPED = [path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "dissections").glob("*.yaml"))]
KEYS = sorted({name for model in models_of(Dissection) for name in model.model_fields})
LAUGHS = [f"&{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefghi", "bcdefghij", strict=True)]
PLACED = [(name, model) for name, field in Dissection.model_fields.items() for model in sections(field.annotation)]
BILLION_LAUGHS = f"[&a [ha], {', '.join(LAUGHS)}]"
PLACES = ["ODD", "name: ODD", "probing: ODD", "probing: {dataset: ODD}", "target: {checkpoint: [ODD]}", "ODD: 1"]
ODD = [
    "0x" + "f" * 5000, "-0b" + "1" * 99_999, "9" * 5000, "1:" * 300 + "1", "1_0", "0o17", "017", ".inf", ".nan",
    "-.inf", "1e400", "1e-400", "-0.0", "true", "yes", "off", "~", "2001-12-14", "2001-12-14t21:59:43.10-05:00",
    "2001-99-99", "12:30:45", "!!binary AAAA", "!!binary '='", "!!set {a, b}", "!!omap [a: 1]", "!!pairs [a: 1]",
    "!!int ''",
    "!!float x", "!!bool x", "!!null x", "!!str 5", "!!python/name:os.system", "!unknown x", "! 5", "&x [*x]",
    "&x {a: *x}", "*nobody", "[&x 1, *x, *x]", "<<", "{<<: {k: 3}}", "{<<: 5}", "{? [a] : b}", "{? {} : b}", "{1: 2}",
    "{null: 1}", "{a: 1, a: 2}", BILLION_LAUGHS, "[" * 2000, "{a: " * 2000,
    "[" * 60 + "]" * 60, "'" + "x" * 100_000 + "'", "[" + "x, " * 2000 + "]", r'"\ud83d"', r'"\udc00\ud800"', r'"\0"',
    r'"\x1b[31m"', r'"\u202e\u2028\n"', "'~nobody/x'", "'$NO'", "'${'", "''", "' '", "'.'", "'..'", "'[red]'", "%", "@",
    "`", "\t", "|", ">-", "\ufeff", "\x07", "# x", "--- 1", "...", "\n---\n", "%YAML 9.9\n---\n", "\ud800",
]  # fmt: skip
"""Scalars, collections, tags and halves of them, as YAML writes them."""
WORDS = ["dataset", "counting", "llm", "all", "auto", "soundbank", "folder", "csv", "embedded_ast", "beats", "planted"]

scalars = st.sampled_from(ODD + WORDS) | st.integers().map(str) | st.floats().map(str) | st.text(max_size=8).map(repr)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(st.sampled_from(KEYS), inner), max_size=3).map(lambda pairs: mapping(pairs))
    ),
    max_leaves=5,
)
settings_of_a_section = st.lists(st.tuples(st.sampled_from(KEYS), values), max_size=4).map(lambda pairs: mapping(pairs))


def mapping(pairs: Sequence[tuple[str, str]]) -> str:
    """In braces; a key may stand there twice."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"


@st.composite
def files(draw: st.DrawFn) -> str:
    """Sections of a dissection, some of them good, with real keys and odd values."""
    content = {"probing": "{layout: soundbank}", "captions": "{captioner: dataset}", "target": "{family: embedded_ast}"}
    if draw(st.booleans()):
        content = {}
    names = st.sampled_from([*Dissection.model_fields, "x"])
    content |= draw(st.dictionaries(names, settings_of_a_section | values, max_size=3))
    return "\n".join(f"{key}: {value}" for key, value in content.items())


def good_section(model: type[Section]) -> str:
    """What says which kind of section it is; captions have to say who writes them."""
    tags = [tag for tag in ("layout", "family", "kind", "captioner") if tag in model.model_fields]
    return ", ".join(f"{tag}: {get_args(model.model_fields[tag].annotation)[0]}" for tag in tags)


@st.composite
def one_setting_changed(draw: st.DrawFn) -> str:
    """A dissection in which one setting of one section has a value that it may not have."""
    section, model = draw(st.sampled_from(PLACED))
    setting = draw(st.sampled_from(sorted(model.model_fields)))
    content = {"probing": "layout: soundbank", "captions": "captioner: dataset", "target": "family: embedded_ast"}
    content[section] = f"{good_section(model)}, {setting}: {draw(scalars)}".removeprefix(", ")
    return "\n".join(f"{key}: {{{inner}}}" for key, inner in content.items())


@st.composite
def shipped_and_spoilt(draw: st.DrawFn) -> str:
    """A file that comes along: lines gone, doubled or elsewhere, something in place of something."""
    text = draw(st.sampled_from(SHIPPED))
    for _ in range(draw(st.integers(1, 3))):
        start, end = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        piece = draw(st.sampled_from(["", text[start:end], *ODD]))
        text = text[:start] + piece + text[draw(st.sampled_from([start, end, min(len(text), start + 1)])) :]
    return text


@pytest.fixture(scope="module")
def any_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any") / "mine.yaml"


def judged(path: Path, content: str | bytes) -> Dissection | None:
    """The dissection, or None where it is refused in a sentence."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    try:
        dissection = load_file(path)
    except UserError as error:
        sentence = str(error)
    else:
        assert dissection.name == "mine"
        assert dissection.fingerprint(Home(path.parent))
        return dissection
    assert_readable(sentence)
    return None


def assert_readable(sentence: str) -> None:
    assert sentence
    assert "\n" not in sentence
    assert len(sentence) < LONGEST_SENTENCE


@given(
    content=files()
    | values
    | one_setting_changed()
    | shipped_and_spoilt()
    | st.text(max_size=200)
    | st.binary(max_size=200)
)
@example("probing: {layout: folder, dataset: 0x" + "f" * 5000 + "}")
@example("name: 0x" + "f" * 5000)
def test_any_file_is_a_dissection_or_a_sentence(any_file: Path, content: str | bytes):
    judged(any_file, content)


@pytest.mark.parametrize("odd", ODD)
def test_no_odd_value_gets_past_the_reader_anywhere(any_file: Path, odd: str):
    for place in PLACES:
        judged(any_file, place.replace("ODD", odd))


def test_a_few_lines_that_mean_billions_of_values_take_no_memory(any_file: Path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert judged(any_file, f"probing: {{layout: huggingface, dataset: {BILLION_LAUGHS}}}") is None
    assert judged(any_file, f"name: {BILLION_LAUGHS}") is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY_KB


@settings(max_examples=settings.default.max_examples // 4)
@given(content=one_setting_changed())
def test_what_is_taken_is_checked_or_refused_in_a_sentence(any_file: Path, content: str):
    """As ``dissect check`` does it, without a network."""
    if (dissection := judged(any_file, content)) is None:
        return
    try:
        lines = check(dissection, Home(any_file.parent))
    except UserError as error:
        lines = [str(error)]
    except Exception as error:
        if (sentence := obstacle(error)) is None:
            raise
        lines = [sentence]
    for line in lines:
        assert_readable(line)
