"""One line on each labelled neuron that a person would write: "Intermittent sounds, such as dog barks; also rain."

The rule's sentence: classes in the plural where English has one, "sounds" where a label names none ("anything" where it
only denies qualities), evident words after "mostly", "often" or "such as" (:mod:`.material`), the second label after
"also". A second label that only denies stands after "otherwise", since it holds where the first one does not;
adjectives where the first one is all but something stand after "unless". Opposites stand as "either ... or".

An LLM's sentence takes its place where there is one that passes :mod:`.fitness`.
"""

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from dagster_and.method.evidence.fitness import why_unfit, words_of
from dagster_and.method.evidence.material import NAMING, Material, part_of_speech
from dagster_and.method.evidence.reading import as_sentence, said
from dagster_and.method.evidence.tables import NEURON_SENTENCES
from dagster_and.method.sound.wording import listed, noun_phrase
from dagster_and.method.text.scales import are_opposite

RULE = "rule"
NO_LABEL = "No label holds."
CAPPED = "The rule wrote it: neurons_per_layer leaves it out."
LONGEST = 8
"""Words, numbers and units counted, that a sentence may have for evident words to be in it."""

MEASURES = (
    (re.compile(r"about [\d.]+ Hz"), "sounds of "),
    (re.compile(r"pitch of "), "sounds with a "),
    (re.compile(r"level of "), "sounds at a "),
    (re.compile(r"(?:over )?[\d.]+ (?:to [\d.]+ )?onsets/s"), "sounds with "),
    (re.compile(r"spectral centre of "), "sounds with a "),
    (re.compile(r"attack of "), "sounds with an "),
    (re.compile(r"without onsets"), "sounds "),
)
"""What is put before a measure that a label, or an alternative of it, begins with."""
NO_NOUN = re.compile(r"(?:but|not|anything|without|with|at|of)\b")
"""Begins what stands behind a noun, or for one."""

Answered = tuple[str | None, str | None, str | None]
"""Sentence, answer_id, missing_reason."""


@dataclass(frozen=True)
class Rule:
    """Writes by rules of English; ``classes`` are the names of classes and concepts of the dissection."""

    classes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, atoms: pl.DataFrame) -> "Rule":
        """The rule that knows the classes of the table ``atoms``."""
        return cls(frozenset(atoms.filter(pl.col("kind").is_in(NAMING[:2]))["atom"]))

    @cached_property
    def _class_words(self) -> frozenset[str]:
        return frozenset(word for name in self.classes for word in name.casefold().split())

    @cached_property
    def _plurals(self) -> list[tuple[re.Pattern[str], str]]:
        found = [(name, plural(name)) for name in sorted(self.classes, key=len, reverse=True)]
        return [
            (re.compile(rf"(?<![\w-])(?<!\ba )(?<!\ban ){re.escape(name)}(?![\w-])", re.IGNORECASE), many)
            for name, many in found if many != name
        ]  # fmt: skip

    def sentence(self, material: Material) -> str:
        """The sentence; where a fuller one would not be fit, what has the least evidence is left out."""
        for told in _fewer(material):
            text = self._written(told)
            is_short = words_of(text) <= LONGEST or not told.evident
            if is_short and why_unfit(text, material) is None:
                return text
        return as_sentence(material.label)

    def _written(self, material: Material) -> str:
        label, second = self.phrase(material.label), self.phrase(material.second or "")
        if label.startswith("not ") and self._is_adjectives(label[4:].split(",")[0]):
            label = f"anything {label}"
        if not material.second:
            return as_sentence(label + self._evident(material))
        first, other = said(material.label), said(material.second)
        opposed = any(
            are_opposite(one.text, two.text) for one in first for two in other
            if not one.is_denied and not two.is_denied
        )  # fmt: skip
        if opposed:
            return as_sentence(f"either {label} or {second}")
        if re.fullmatch(r"anything but [^,]*", material.label) and self._is_adjectives(material.second):
            return as_sentence(f"{label}, unless {material.second}")
        is_denial = bool(re.match(r"(?:not|without) ", material.second)) and all(one.is_denied for one in other)
        also = "otherwise" if is_denial else "also"
        return as_sentence(f"{label}{self._evident(material)}; {also} {second}")

    def _evident(self, material: Material) -> str:
        """With a comma before it; nothing where there is none."""
        said_so = [
            f"{how} {listed(list(words))}" for how, words in (("mostly", material.mostly), ("often", material.often))
            if words
        ]  # fmt: skip
        said_so += [f"such as {self._example(noun)}" for noun in material.such_as]
        return "".join(f", {one}" for one in said_so)

    def _example(self, noun: str) -> str:
        return plural(noun) if noun in self.classes else noun_phrase(noun)

    def phrase(self, label: str) -> str:
        """A label with its classes in the plural, and "sounds" beside adjectives and measures that stand alone."""
        text = self._with_sounds(label)
        for pattern, many in self._plurals:
            text = pattern.sub(many, text)
        return text

    def _with_sounds(self, label: str) -> str:
        """ "loud or muffled, but not a siren" -> "loud or muffled sounds, but not a siren"."""
        parts = re.split(r"(, or | or |, )", label)
        are_adjectives, leads = True, [_lead(part) for part in parts]
        for at in range(0, len(parts), 2):
            part, following = parts[at], parts[at + 2] if at + 2 < len(parts) else ""
            lead, before = leads[at], leads[at - 2] if at else ""
            head = re.split(r" (?:at|with|without|of) ", part, maxsplit=1)[0]
            tail = part[len(head) :]
            is_adjectives = self._is_adjectives(head.removeprefix("and "))
            are_adjectives = are_adjectives and is_adjectives
            if lead and (at == 0 or parts[at - 1].endswith("or ")):
                parts[at] = _next_lead(lead, before, "".join(parts[:at])) + part
            elif is_adjectives and (are_adjectives or not head.startswith("and ")):
                parts[at] = part if self._goes_on(following) and not tail else f"{head} sounds{tail}"
        return "".join(parts)

    def _goes_on(self, following: str) -> bool:
        """Whether the noun of an adjective is still to come: "irregular, loud bird chirp", "loud or steady rain"."""
        own = following.removeprefix("and ").split(" at ")[0].split(" with ")[0]
        return self._is_adjectives(own) or bool(own and not _lead(own) and not NO_NOUN.match(own))

    def _is_adjectives(self, text: str) -> bool:
        words = [word for word in text.replace(",", " ").casefold().split() if word not in ("or", "and")]
        bare = [word for place, word in enumerate(words) if not place or word not in ("but", "not")]
        return bool(bare) and all(
            part_of_speech(word) == "adjective" and word not in self._class_words for word in bare
        )


def _lead(text: str) -> str:
    """What is put before a measure; nothing before anything else."""
    return next((words for pattern, words in MEASURES if pattern.match(text)), "")


def _next_lead(lead: str, before: str, text: str) -> str:
    """The lead of an alternative after ``text``, whose own lead is ``before``: what both share is said once."""
    if not before:
        return lead.replace("sounds", "those") if "sounds" in text else lead
    bare, other = lead.removeprefix("sounds "), before.removeprefix("sounds ")
    if bare.startswith("with ") and other.startswith("with "):
        return bare.removeprefix("with ")
    return "" if bare == other else bare


def plural(name: str) -> str:
    """A class in the plural, if it can be counted: "dog bark" -> "dog barks", "rain" -> "rain".

    >>> [plural(name) for name in ("siren", "crying baby", "sneeze", "wind", "footsteps", "church bell", "clock alarm")]
    ['sirens', 'crying babies', 'sneezes', 'wind', 'footsteps', 'church bells', 'clock alarms']
    """
    if not noun_phrase(name).startswith(("a ", "an ")) or not name[-1].isalpha():
        return name
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search(r"(?:s|x|z|ch|sh)$", name) else f"{name}s"


def _fewer(material: Material) -> list[Material]:
    """The material, then with ever less of it: examples, what holds often, mostly, then the second label."""
    told = [material]
    for name in ("such_as", "often", "mostly"):
        while getattr(told[-1], name):
            told.append(replace(told[-1], **{name: getattr(told[-1], name)[:-1]}))
    return [*told, replace(told[-1], second=None)]


def neuron_sentences(
    labels: pl.DataFrame,
    told: pl.DataFrame,
    rule: Rule,
    writer: str | None = None,
    asked: Set[int] = frozenset(),
    ask: Callable[[Sequence[Material]], Sequence[Answered]] | None = None,
) -> pl.DataFrame:
    """The table ``neuron_sentences``: equal material is written, and asked about, once.

    Args:
        labels: the table ``neuron_labels``.
        told: from :func:`.material.materials`.
        rule: writes every sentence; its own stands where no other does.
        writer: name of the LLM that is asked; None where none is.
        asked: neuron_ids that it is asked about.
        ask: one answer for each material.
    """
    fields = [name for name in told.columns if name != "neuron_id"]
    one = told.with_columns(is_asked=pl.col("neuron_id").is_in(sorted(asked)) & pl.lit(writer is not None))
    distinct = one.group_by(fields).agg(is_asked=pl.col("is_asked").any()).sort(fields[:2])
    every = of_rows(distinct)
    wanted = [material for material, wants in zip(every, distinct["is_asked"], strict=True) if wants]
    answers = iter(ask(wanted) if ask and wanted else [])
    said_so = [next(answers) if wants and ask else (None, None, None) for wants in distinct["is_asked"]]
    written = distinct.drop("is_asked").with_columns(
        rule_sentence=pl.Series([rule.sentence(material) for material in every], dtype=pl.String),
        **{
            name: pl.Series([row[place] for row in said_so], dtype=pl.String)
            for place, name in enumerate(("own", "answer_id", "reason"))
        },
    )
    whole = labels.select("neuron_id").unique().sort("neuron_id").join(
        one.join(written, on=fields, how="left", nulls_equal=True), on="neuron_id", how="left"
    )  # fmt: skip
    is_asked, is_own = pl.col("is_asked"), pl.col("own").is_not_null()
    whole = whole.with_columns(own=pl.when(is_asked).then("own"), answer_id=pl.when(is_asked).then("answer_id"))
    unused = pl.when(is_asked).then("reason").when(pl.lit(writer is not None)).then(pl.lit(CAPPED))
    table = whole.with_columns(
        sentence=pl.coalesce("own", "rule_sentence"),
        writer=pl.when(is_own).then(pl.lit(writer)).when(pl.col("rule_sentence").is_not_null()).then(pl.lit(RULE)),
        missing_reason=pl.when(pl.col("rule_sentence").is_null()).then(pl.lit(NO_LABEL)).when(~is_own).then(unused),
    )
    schema = NEURON_SENTENCES.frame_schema
    return table.select(schema.names()).cast(schema)


def of_rows(told: pl.DataFrame) -> list[Material]:
    """The rows of :func:`.material.materials` as they are asked about."""
    names = ("label", "second", "mostly", "often", "such_as")
    return [
        Material(label, second, tuple(mostly or ()), tuple(often or ()), tuple(such_as or ()))
        for label, second, mostly, often, such_as in told.select(names).iter_rows()
    ]
