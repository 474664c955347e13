"""Forms: at most three literals, from left to right, ``(first op second) op third``.

A literal is an atom or its negation. Not every atom may be denied: that a pitch does not lie in one third of an octave
says nothing that a person would say. Nor is a denial an alternative ("a siren or not loud"): it stands alone, or
narrows what stands before it. Truth has three values: where an atom is unknown of a clip, the literal is false,
and so is its negation. A form is true or false of every clip.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

LONGEST = 3


@dataclass(frozen=True)
class Literals:
    """What a form can be made of. Literal i is atom i, literal n + i its negation, of n atoms.

    ``truth``: int8 "clip atom", 1, 0, or -1 where unknown. ``deniable``: which atoms may be denied, bool "atom"; None:
    all. ``kin``: a number for each atom, int "atom"; those with the same one, cuts of one quality, are kin, and kin are
    not joined by AND; None: no two are kin.
    """

    truth: np.ndarray
    deniable: np.ndarray | None = None
    kin: np.ndarray | None = None

    @property
    def atoms(self) -> int:
        """How many atoms there are."""
        return self.truth.shape[1]

    @cached_property
    def families(self) -> np.ndarray:
        """The number of every literal, int "literal"; that of everything and nothing is -1."""
        own = np.arange(self.atoms) if self.kin is None else self.kin
        return np.concatenate([own, own, [-1, -1]])

    @cached_property
    def is_fit(self) -> np.ndarray:
        """Which literals a form may hold, bool "literal"."""
        atoms = np.ones(self.atoms, dtype=bool)
        return np.concatenate([atoms, atoms if self.deniable is None else self.deniable])

    @property
    def everything(self) -> int:
        """The literal that is true of every clip; it fills up shorter forms."""
        return 2 * self.atoms

    @property
    def nothing(self) -> int:
        """The literal that is true of no clip: the form where none was found."""
        return 2 * self.atoms + 1

    @cached_property
    def rows(self) -> np.ndarray:
        """Truth of every literal, with everything and nothing: bool "literal clip"."""
        clips = len(self.truth)
        ends = np.repeat([[True], [False]], clips, axis=1)
        return np.ascontiguousarray(np.concatenate([(self.truth == 1).T, (self.truth == 0).T, ends]))

    @cached_property
    def _known(self) -> tuple[np.ndarray, np.ndarray]:
        """Distinct columns of what is known, bool "clip column", and which of them is that of each atom."""
        columns, place = np.unique(self.truth >= 0, axis=1, return_inverse=True)
        return columns, place.reshape(-1)

    @cached_property
    def columns(self) -> np.ndarray:
        """What sums are taken over: the atoms, and what is known. float32 "clip column".

        The sum over a negation is that over the clips where the atom is known, less that over the atom: half the work.
        """
        return np.concatenate([self.truth == 1, self._known[0]], axis=1).astype(np.float32)

    def spread(self, sums: np.ndarray) -> np.ndarray:
        """Sums over columns "... column" as sums over literals "... literal", without everything and nothing."""
        atoms = sums[..., : self.atoms]
        known = sums[..., self.atoms :][..., self._known[1]]
        return np.concatenate([atoms, known - atoms], axis=-1)


@dataclass(frozen=True)
class Forms:
    """Many forms: ``literals`` "... 3", filled up with everything; ``is_or`` "... 2": OR, else AND."""

    literals: np.ndarray
    is_or: np.ndarray

    @classmethod
    def single(cls, literals: np.ndarray, everything: int) -> "Forms":
        """Forms of one literal each ("...")."""
        rest = np.full((*literals.shape, LONGEST - 1), everything, dtype=np.int64)
        return cls(np.concatenate([literals[..., None], rest], axis=-1), np.zeros(rest.shape, dtype=bool))

    def extended(self, length: int, literals: np.ndarray, is_or: np.ndarray) -> "Forms":
        """With one more literal, of forms that have ``length``."""
        longer, ops = self.literals.copy(), self.is_or.copy()
        longer[..., length], ops[..., length - 1] = literals, is_or
        return Forms(longer, ops)

    def take(self, places: np.ndarray) -> "Forms":
        """Of "neuron form" the forms at "neuron place"."""
        neuron = np.arange(len(places)).reshape(-1, *[1] * (places.ndim - 1))
        return Forms(self.literals[neuron, places], self.is_or[neuron, places])

    def where(self, condition: np.ndarray, other: "Forms") -> "Forms":
        """These where the condition holds ("neuron"), and the others elsewhere."""
        return Forms(
            np.where(condition[..., None], self.literals, other.literals),
            np.where(condition[..., None], self.is_or, other.is_or),
        )

    def rows(self, chosen: np.ndarray) -> "Forms":
        """Of some of the neurons."""
        return Forms(self.literals[chosen], self.is_or[chosen])

    def truth(self, rows: np.ndarray, length: int = LONGEST) -> np.ndarray:
        """Of every clip, bool "... clip".

        Args:
            rows: truth of every literal, "literal clip".
            length: literals that the forms have at most.
        """
        held = rows[self.literals[..., 0]].view(np.uint8)
        for place in range(1, length):
            following = rows[self.literals[..., place]].view(np.uint8)
            is_or = self.is_or[..., place - 1, None].view(np.uint8)
            held ^= is_or  # a OR b is NOT (NOT a AND NOT b); bytes, in place, several times as fast as np.where
            held &= following ^ is_or
            held ^= is_or
        return held.view(bool)


@dataclass(frozen=True)
class Form:
    """One form in its parts: atoms in order, which of them are denied, and the operators between them."""

    atoms: tuple[int, ...]
    is_denied: tuple[bool, ...]
    is_or: tuple[bool, ...]

    @classmethod
    def at(cls, forms: Forms, neuron: int, atoms: int) -> "Form":
        """The form of one neuron, of ``atoms`` atoms in all."""
        literals = [int(one) for one in forms.literals[neuron] if one < 2 * atoms]
        ops = tuple(bool(one) for one in forms.is_or[neuron][: len(literals) - 1])
        return cls(tuple(one % atoms for one in literals), tuple(one >= atoms for one in literals), ops)

    def in_logic(self, names: Sequence[str]) -> str:
        """With AND, OR and NOT: ``(a AND NOT b) OR c``."""
        said = [f"NOT {names[i]}" if denied else names[i] for i, denied in zip(self.atoms, self.is_denied, strict=True)]
        text = said[0]
        for place, (is_or, following) in enumerate(zip(self.is_or, said[1:], strict=True)):
            left = f"({text})" if place and is_or != self.is_or[place - 1] else text
            text = f"{left} {'OR' if is_or else 'AND'} {following}"
        return text


def clips_of(form: str, atoms: Sequence[tuple[str, np.ndarray]]) -> np.ndarray:
    """The clips that a form holds on, bool "clip", read from left to right as :meth:`Form.in_logic` wrote it.

    Args:
        form: with AND, OR and NOT.
        atoms: of the form, in its order: the name, and its truth, int8 "clip": 1, 0, or -1 where unknown.

    Raises:
        ValueError: the form doesn't name them in that order.
    """
    held, place = np.ones(len(atoms[0][1]), dtype=bool), 0
    for order, (name, truth) in enumerate(atoms):
        operator = r"\)? (?P<op>AND|OR) " if order else r"(?P<op>)\(?"
        found = re.compile(rf"{operator}(?P<no>NOT )?{re.escape(name)}").match(form, place)
        if found is None:
            raise ValueError(f"{form!r} does not go on with {name!r} at {place}")
        literal = truth == (0 if found["no"] else 1)
        held = held | literal if found["op"] == "OR" else held & literal
        place = found.end()
    return held
