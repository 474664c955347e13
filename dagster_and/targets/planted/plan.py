"""What the neurons of a planted network are, and its layers: known before it is planted, and without torch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dagster_and.method.text.names import name_in_words
from dagster_and.targets.layers import HEAD, Layer


@dataclass(frozen=True)
class Planted:
    """What one neuron is. ``expected``: for each thing it follows, names any of which will do; none: no name.

    ``kind`` is one of ``KINDS``. ``is_denied``: it is silent on what is expected, and active on all else.
    """

    function: str
    kind: str
    expected: tuple[tuple[str, ...], ...] = ()
    is_denied: bool = False


KINDS = ("quality", "class", "pair", "narrow", "both", "negation", "modes", "noise", "dead")


@dataclass(frozen=True)
class Quality:
    """A word, the value from which it is said, and how wide its border is; negative where it holds below."""

    word: str
    value: float
    width: float


QUALITIES = (
    Planted("loudness", "quality", (("loud",),)),
    Planted("- loudness", "quality", (("quiet",),)),
    Planted("spectral centroid", "quality", (("bright", "high-pitched"),)),
    Planted("- spectral centroid", "quality", (("muffled", "low-pitched"),)),
    Planted("onset rate", "quality", (("repetitive", "irregular", "intermittent", "sharp"),)),
    Planted("- onset rate", "quality", (("steady", "gradual"),)),
    Planted("tonality", "quality", (("clear",),)),
    Planted("- tonality", "quality", (("noisy",),)),
    Planted("silence", "quality", (("intermittent", "sharp"),)),
    Planted("- silence", "quality", (("steady",),)),
)
CONTROLS = (
    Planted("digits of the level", "noise"),
    Planted("digits of the centroid", "noise"),
    Planted("digits of the level and the centroid", "noise"),
    Planted("random projection of the samples", "noise"),
    Planted("zero", "dead"),
    Planted("constant", "dead"),
)

LOUDNESS = (Quality("loud", -17.0, 2.0), Quality("quiet", -32.0, -2.0))
BRIGHTNESS = (Quality("bright", math.log2(2800), 0.2), Quality("muffled", math.log2(700), -0.2))


MODULES = {"qualities": "Signed", "controls": "Controls", "pairs": "Pairs", "forms": "Forms"}
"""The modules whose outputs are neurons, beside the head: they have no weights to cut."""


@dataclass(frozen=True)
class Plan:
    """Of a network over ``classes``."""

    classes: tuple[str, ...]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Positions of the classes that make a pair: class i and the one after the next."""
        count = len(self.classes)
        return [(i, (i + 2) % count) for i in range(0, count, 2)] if count > 2 else []

    @property
    def chosen(self) -> list[int]:
        """Positions of the classes that are denied, and that come first of two modes."""
        return list(range(0, len(self.classes), 2)) if len(self.classes) > 2 else []

    @property
    def others(self) -> list[int]:
        """Positions of the classes that come second beside them."""
        return [(i + 1) % len(self.classes) for i in self.chosen]

    def layers(self) -> tuple[Layer, ...]:
        """Its layers, as a dissection reads them."""
        units = {name: len(planted) for name, planted in self.neurons().items()}
        pairs = (Layer("pairs", 1, "pairs", units["pairs"]),) if self.pairs else ()
        controls = Layer("controls", 0, "controls", units["controls"])
        forms = Layer("forms", 1, "forms", units["forms"])
        head = Layer("classes", 2, HEAD, units["classes"])
        return (Layer("qualities", 0, "qualities", units["qualities"]), controls, *pairs, forms, head)

    def neurons(self) -> dict[str, tuple[Planted, ...]]:
        """What the neurons of each layer are."""
        names = [name_in_words(label).lower() for label in self.classes]
        return {
            "qualities": QUALITIES,
            "controls": CONTROLS,
            "pairs": tuple(
                Planted(f"{names[a]} or {names[b]}", "pair", ((names[a],), (names[b],))) for a, b in self.pairs
            ),
            "forms": self._forms(names),
            "classes": tuple(Planted(name, "class", ((name,),)) for name in names),
        }

    def _forms(self, names: Sequence[str]) -> tuple[Planted, ...]:
        own = [names[i] for i in self.chosen]
        return (
            *(Planted(f"{a.word} and {b.word}", "both", ((a.word,), (b.word,))) for a in LOUDNESS for b in BRIGHTNESS),
            *(Planted(f"much {name}", "narrow", ((name,),)) for name in names),
            *(Planted(f"not {name}", "negation", ((name,),), is_denied=True) for name in own),
            *(
                Planted(f"{name}, half as much {names[i]}", "modes", ((name,), (names[i],)))
                for name, i in zip(own, self.others, strict=True)
            ),
        )
