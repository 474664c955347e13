"""Every neuron's form in words, with what was measured on clips that did not choose it: the tables ``neuron_labels``
and ``label_parts``.

A neuron is labelled if its form's q value, over all neurons that are not dead, is below 0.05 and the low end of its
AUROC's interval is over 0.5. :mod:`.modes` says when there is a second mode.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import polars as pl

from dagster_and.method.activations.spread import is_dead
from dagster_and.method.arrays.batches import Chunk, Rows, each_chunk
from dagster_and.method.labels.atoms import Atoms
from dagster_and.method.labels.forms import Form, Forms, Literals
from dagster_and.method.labels.modes import Mode, modes
from dagster_and.method.labels.phrase import phrase, spoken
from dagster_and.method.labels.search import forms_tried
from dagster_and.method.labels.tables import LABEL_PARTS, NEURON_LABELS
from dagster_and.method.labels.testing import ALPHA, parts_of
from dagster_and.method.statistics.auroc import false_discovery_rate

NEURONS_AT_ONCE = 128
DEAD = "The activation is the same on every clip."
NO_ATOMS = "Nothing is known of the clips that holds on three of them and is false on three."
NO_FORM = "No form holds on three clips of those that choose, and of those that test."
NO_PART_FORM = "No form holds on three clips of the other parts."
NO_PAIRS = "The form holds on none of the part's clips, or on all."
NOT_HELD = "The best form does not hold on clips that did not choose it."
FORMS = {"literals": pl.List(pl.Int64), "is_or": pl.List(pl.Boolean)}
PARTS_SCHEMA = pl.Schema({
    "neuron_id": pl.Int32, "part": pl.Int32, "stage": pl.String, "clips": pl.Int32, "form_clips": pl.Int32,
    "auroc": pl.Float64, **FORMS, **{f"other_{name}": kind for name, kind in FORMS.items()},
})  # fmt: skip
MEASURES = ("auroc", "auroc_low", "auroc_high", "p_value", "iou", "accounts_for", "precision", "effective_clips",
            "part_agreement")  # fmt: skip


def neuron_labels(rows: Rows, atoms: Atoms, folds: Sequence[int | None], seed: int = 0) -> pl.DataFrame:
    """The table ``neuron_labels``: the first of :func:`labelled`."""
    return labelled(rows, atoms, folds, seed)[0]


def labelled(rows: Rows, atoms: Atoms, folds: Sequence[int | None], seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables ``neuron_labels`` and ``label_parts``.

    Args:
        rows: of ``activations``.
        atoms: of the clips that these are over.
        folds: of every clip, in the order of clip_id; None where the set has none.
        seed: of the parts, where there are no folds.
    """
    literals, parts = _literals(atoms), parts_of(folds, seed)

    def work(chunk: Chunk) -> tuple[list[pl.DataFrame], list[pl.DataFrame], np.ndarray]:
        ids, values = chunk
        is_still = _is_dead(values)
        live, activation = ids[~is_still], values[~is_still]
        if not len(live):
            return [], [], ids
        stages = list(modes(activation, literals, parts)) if literals.atoms else [_unnamed(len(live), literals)]
        tested = [_parts_frame(mode, live, parts) for mode in stages if mode.parts]
        return [_frame(mode, live) for mode in stages], tested, ids[is_still]

    results = list(each_chunk(work, rows, NEURONS_AT_ONCE))
    found = [frame for frames, _, _ in results for frame in frames]
    tested = [frame for _, frames, _ in results for frame in frames]
    dead = np.concatenate([*(still for _, _, still in results), np.zeros(0, dtype=np.int32)])
    decided = _decided(pl.concat([_frame(_unnamed(0, literals), dead[:0]), *found]))
    said = _Words(atoms)
    stages = decided.filter(pl.col("mode") == 1).select("neuron_id", "stage")
    by_part = pl.concat([pl.DataFrame(schema=PARTS_SCHEMA), *tested]).join(stages, on=["neuron_id", "stage"])
    return _table(decided, dead, said, literals), _parts_table(by_part, said)


def _literals(atoms: Atoms) -> Literals:
    """Measured bands are not denied."""
    parts = [spoken(*row).part for row in atoms.table.select("atom", "kind", "quality").iter_rows()]
    return Literals(atoms.truth, np.array([part != "measure" for part in parts], dtype=bool), _kin(atoms.table))


def _kin(table: pl.DataFrame) -> np.ndarray:
    """A number for each atom: cuts of one quality have the same."""
    own = pl.concat_str(pl.lit("atom "), "atom_id")
    return table.select(pl.coalesce("quality", own).rank("dense")).to_series().to_numpy().astype(np.int64)


def _is_dead(values: np.ndarray) -> np.ndarray:
    ends = pl.DataFrame({"minimum": values.min(axis=1), "maximum": values.max(axis=1)}).cast(pl.Float64)
    return ends.select(is_dead(pl.col("minimum"), pl.col("maximum"))).to_series().to_numpy()


def _unnamed(neurons: int, literals: Literals) -> Mode:
    """What is said where there are no atoms."""
    forms = Forms.single(np.full(neurons, literals.nothing), literals.everything)
    none = np.full(neurons, np.nan)
    clips = np.full(neurons, len(literals.truth))
    return Mode("first", np.arange(neurons), forms, {**dict.fromkeys(MEASURES, none), "clips": clips}, forms, none)


def _frame(mode: Mode, ids: np.ndarray) -> pl.DataFrame:
    def of(forms: Forms, prefix: str) -> dict[str, pl.Series]:
        return {f"{prefix}{name}": pl.Series(getattr(forms, name).tolist(), dtype=kind) for name, kind in FORMS.items()}

    columns = {
        "neuron_id": pl.Series(ids[mode.places], dtype=pl.Int32),
        "stage": pl.Series([mode.stage] * len(mode.places), dtype=pl.String),
        **of(mode.forms, ""),
        **of(mode.runners_up, "runner_up_"),
        "runner_up_auroc": pl.Series(mode.runner_up_auroc, dtype=pl.Float64),
        "clips": pl.Series(mode.measured["clips"], dtype=pl.Int32),
    }
    measured = {name: pl.Series(mode.measured[name], dtype=pl.Float64) for name in MEASURES}
    return pl.DataFrame({**columns, **measured})


def _parts_frame(mode: Mode, ids: np.ndarray, parts: np.ndarray) -> pl.DataFrame:
    """Rows of ``label_parts``, with forms as numbers."""
    assert mode.parts
    tested, frames = mode.parts, []
    for part, forms in enumerate(tested.forms):
        others = tested.others[part] if tested.others else None
        columns = {
            "neuron_id": ids[mode.places], "part": part, "stage": mode.stage, "clips": int((parts == part).sum()),
            "form_clips": tested.form_clips[part], "auroc": tested.auroc[part],
        }  # fmt: skip
        frame = pl.DataFrame(columns).with_columns(
            **{name: pl.Series(getattr(forms, name).tolist(), dtype=kind) for name, kind in FORMS.items()},
            **{f"other_{name}": pl.Series(getattr(others, name).tolist(), dtype=kind) if others else pl.lit(None, kind)
               for name, kind in FORMS.items()},
        )  # fmt: skip
        frames.append(frame.select(PARTS_SCHEMA.names()).cast(PARTS_SCHEMA))
    return pl.concat(frames)


def _parts_table(found: pl.DataFrame, said: "_Words") -> pl.DataFrame:
    """The table ``label_parts``, of the stages that the labels are of."""
    pairs = zip(said.forms(found, ""), said.forms(found, "other_"), strict=True)
    joined = [[form for form in pair if form] for pair in pairs]
    logic = [[form.in_logic(said.names) for form in forms] for forms in joined]
    atom_ids = [list(dict.fromkeys(atom for form in forms for atom in form.atoms)) for forms in joined]
    columns = {
        "label": pl.Series([_either([said.phrase(form) for form in forms]) for forms in joined], dtype=pl.String),
        "form": pl.Series([f"({one[0]}) OR ({one[1]})" if one[1:] else "".join(one) for one in logic], dtype=pl.String),
        "atom_ids": pl.Series(atom_ids, dtype=pl.List(pl.Int32)),
    }
    is_there = pl.Series([bool(forms) for forms in joined], dtype=pl.Boolean)
    columns = {name: pl.when(is_there).then(own) for name, own in columns.items()}
    missing = pl.when(pl.col("label").is_null()).then(pl.lit(NO_PART_FORM)).when(pl.col("auroc").is_null())
    table = (
        found.with_columns(**columns)
        .with_columns(auroc=pl.when(pl.col("label").is_not_null()).then(pl.col("auroc").fill_nan(None)))
        .with_columns(missing_reason=missing.then(pl.lit(NO_PAIRS)))
    )
    schema = LABEL_PARTS.frame_schema
    return table.select(schema.names()).cast(schema).sort(LABEL_PARTS.key)


def _either(phrases: list[str]) -> str:
    """Alternatives; what is denied last and after a comma, so that nobody takes the other one for denied, too."""
    ordered = sorted(phrases, key=lambda text: text.startswith(("anything but ", "not ")))
    is_plain = not any("," in text or text.startswith("anything but ") for text in phrases)
    return (" or " if is_plain else ", or ").join(ordered)


def _decided(found: pl.DataFrame) -> pl.DataFrame:
    """One row a neuron and mode, with its q value and whether it holds: both in one go before a first and a second."""
    first = _judged(found.filter(pl.col("stage") == "first"))
    second = _judged(found.filter(pl.col("stage") == "second"))
    named, passed = (frame.filter("holds").select("neuron_id") for frame in (first, second))
    second = second.join(named, on="neuron_id", how="semi").filter("holds")
    both = found.filter(pl.col("stage") == "both").join(named, on="neuron_id", how="semi")
    both = both.join(passed, on="neuron_id", how="semi")
    apart = first.drop("q_value", "holds").join(both, on="neuron_id", how="anti")
    second = second.join(both, on="neuron_id", how="anti")
    return pl.concat([
        _judged(pl.concat([apart, both])).with_columns(mode=pl.lit(1)), second.with_columns(mode=pl.lit(2)),
    ])  # fmt: skip


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    q = pl.Series(false_discovery_rate(rows["p_value"].to_numpy()), dtype=pl.Float64)
    judged = rows.with_columns(q_value=q)
    holds = (pl.col("q_value") < ALPHA) & (pl.col("auroc_low") > 0.5)
    return judged.with_columns(holds=holds.fill_null(False) & pl.col("q_value").is_not_nan())


def _table(decided: pl.DataFrame, dead: np.ndarray, said: "_Words", literals: Literals) -> pl.DataFrame:
    rows = decided.with_columns(
        verdict=pl.when("holds").then(pl.lit("labelled")).otherwise(pl.lit("no_label")),
        missing_reason=pl.when(~pl.col("holds")).then(_reason(len(said.names))),
        **{name: pl.Series(values, dtype=kind) for name, kind, values in said.of(decided)},
        forms_tried=pl.lit(forms_tried(literals)),
        runner_up_auroc=pl.when("holds").then("runner_up_auroc"),
    )
    says_else = pl.col("runner_up").ne_missing(pl.col("label"))  # another form may have the same words
    rows = rows.with_columns(pl.when(says_else).then(name).alias(name) for name in ("runner_up", "runner_up_auroc"))
    still = pl.DataFrame({"neuron_id": pl.Series(dead, dtype=pl.Int32)}).with_columns(
        mode=pl.lit(1), verdict=pl.lit("dead"), forms_tried=pl.lit(0), clips=pl.lit(0), missing_reason=pl.lit(DEAD)
    )
    whole = pl.concat([rows, still], how="diagonal_relaxed").with_columns(pl.selectors.float().fill_nan(None))
    schema = NEURON_LABELS.frame_schema
    return whole.select(schema.names()).cast(schema).sort(NEURON_LABELS.key)


def _reason(atoms: int) -> pl.Expr:
    if not atoms:
        return pl.lit(NO_ATOMS)
    return pl.when(pl.col("p_value").is_nan()).then(pl.lit(NO_FORM)).otherwise(pl.lit(NOT_HELD))


class _Words:
    """Forms in words; each distinct one is put into words once."""

    def __init__(self, atoms: Atoms):
        self.names = atoms.table["atom"].to_list()
        self._nothing = 2 * len(self.names) + 1
        self._spoken = [spoken(*row) for row in atoms.table.select("atom", "kind", "quality").iter_rows()]
        self._form = cache(self._form_of)
        self.phrase = cache(lambda form: phrase(form, self._spoken))

    def _form_of(self, literals: tuple[int, ...], is_or: tuple[bool, ...]) -> Form:
        return Form.at(Forms(np.array([literals]), np.array([is_or])), 0, len(self.names))

    def of(self, decided: pl.DataFrame) -> list[tuple[str, pl.DataType, list]]:
        """Columns of the forms that hold, null elsewhere."""
        held = decided["holds"].to_list()
        forms = self._forms(decided, "", held)
        near = (decided["runner_up_auroc"].is_not_nan() & decided["holds"]).to_list()
        others = self._forms(decided, "runner_up_", near)
        text = pl.String()
        return [
            ("label", text, [form and self.phrase(form) for form in forms]),
            ("form", text, [form and form.in_logic(self.names) for form in forms]),
            ("atom_ids", pl.List(pl.Int32), [form and list(form.atoms) for form in forms]),
            ("runner_up", text, [form and self.phrase(form) for form in others]),
        ]

    def forms(self, found: pl.DataFrame, prefix: str) -> list[Form | None]:
        """The forms of the columns with that prefix; None where there is none."""
        first = pl.col(f"{prefix}literals").list.first()
        return self._forms(
            found, prefix, found.select(first.fill_null(self._nothing) < self._nothing - 1).to_series().to_list()
        )

    def _forms(self, decided: pl.DataFrame, prefix: str, wanted: list[bool]) -> list[Form | None]:
        rows = zip(decided[f"{prefix}literals"].to_list(), decided[f"{prefix}is_or"].to_list(), wanted, strict=True)
        return [self._form(tuple(literals), tuple(is_or)) if is_wanted else None for literals, is_or, is_wanted in rows]
