"""What is cut, what is then forgotten and kept, and what the network relies on."""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dagster_and.figures.canvas import ACCENT, INK, QUIET, canvas
from dagster_and.method.pruning.selection import CONTROLS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = {"a": "parts of speech and length", "b": "basic against other adjectives", "c": "single adjectives"}
CLASSES_OF_A_PANEL = 12


def neurons_by_strategy(prunings: pl.DataFrame) -> "Figure":
    """Neurons that each strategy would cut, one point a concept, from ``prunings``; random cuts as many as each."""
    chosen = prunings.filter(~pl.col("strategy").is_in([*CONTROLS, "random"]))
    strategies = chosen["strategy"].unique().sort().to_list()
    figure, axes = canvas(size=(8, 1.4 + 0.4 * len(strategies)))
    for place, strategy in enumerate(strategies):
        sizes = chosen.filter(pl.col("strategy") == strategy)["neurons"].to_numpy()
        axes[0, 0].plot(sizes, np.full(len(sizes), place), "o", color=INK, alpha=0.4, markersize=5)
    axes[0, 0].set_yticks(range(len(strategies)), strategies)
    axes[0, 0].set(xlabel="neurons that would go, one point a concept", xlim=(-1, None))
    axes[0, 0].invert_yaxis()
    return figure


def unlearning(report: pl.DataFrame) -> "Figure":
    """Delta A, Delta R and the gap by strategy with their intervals, one row a dissection, from ``rpt_unlearning``.

    Strategies of one size stand together, the random cuts of that size last and paler.
    """
    dissections = report["dissection"].unique().sort().to_list()
    figure, axes = canvas(max(1, len(dissections)), 2, (17, 1.4 + 3.4 * max(1, len(dissections))))
    for (changes, gaps), dissection in zip(axes, dissections, strict=False):
        rows = report.filter((pl.col("dissection") == dissection) & (pl.col("scale") == "logit"))
        rows = rows.sort("is_control", "size_of", pl.col("strategy") == "random", "strategy")
        _bars(changes, rows, {"delta_ablated": ("Delta A: the concept cut out", ACCENT),
                              "delta_retained": ("Delta R: the others", INK)})  # fmt: skip
        changes.set(ylabel="mean change of own logit")
        changes.set_title(f"{dissection}: {rows['concepts'].max() or 0} concepts", loc="left", fontsize=10)
        _bars(gaps, rows, {"gap": ("gap", ACCENT)})
        gaps.set(ylabel="gap: |Delta A| - |Delta R|")
    return figure


def one_concept_pruned(report: pl.DataFrame, strategy: str = "OCP", concepts: int = 6) -> "Figure":
    """Each class's own logit before and after, sorted by change, one panel a concept, from ``rpt_unlearning_by_class``.

    The first ``concepts`` of each dissection; bars are one standard error either way.
    """
    rows = report.filter(pl.col("strategy") == strategy)
    cuts = rows.select("dissection", "concept").unique(maintain_order=True)
    cuts = cuts.group_by("dissection", maintain_order=True).head(concepts).rows()
    columns = min(3, max(1, len(cuts)))
    lines = max(1, -(-len(cuts) // columns))
    figure, axes = canvas(lines, columns, (4.2 * columns, 3.4 * lines))
    for axis in axes.flat[len(cuts) :]:
        axis.set_visible(False)
    for axis, (dissection, concept) in zip(axes.flat, cuts, strict=False):
        is_cut = (pl.col("dissection") == dissection) & (pl.col("concept") == concept)
        _classes(axis, rows.filter(is_cut).sort("rank_of_loss").head(CLASSES_OF_A_PANEL))
        axis.set_title(f"{dissection}: {concept} cut out ({strategy})", loc="left", fontsize=9)
    return figure


def feature_importance(report: pl.DataFrame) -> "Figure":
    """Accuracy against the share of neurons cut, one row a dissection, from ``rpt_feature_importance``."""
    dissections = report["dissection"].unique().sort().to_list()
    figure, axes = canvas(max(1, len(dissections)), 3, (13, 1 + 3.4 * max(1, len(dissections))))
    for line, dissection in zip(axes, dissections, strict=False):
        for axis, (panel, title) in zip(line, PANELS.items(), strict=True):
            is_here = (pl.col("dissection") == dissection) & (pl.col("panel") == panel)
            _curves(axis, report.filter(is_here & pl.col("accuracy").is_not_null()))
            axis.set_title(f"{dissection} ({panel}): {title}", loc="left", fontsize=9)
    return figure


def _bars(axis: Any, rows: pl.DataFrame, series: dict[str, tuple[str, str]]) -> None:
    from matplotlib.patches import Patch

    places = np.arange(rows.height) + _steps(rows)
    width = 0.8 / len(series)
    strengths = np.where(rows["strategy"] == "random", 0.45, 1.0).tolist()
    for i, (column, (label, color)) in enumerate(series.items()):
        value, low, high = (_numbers(rows[name]) for name in (column, f"{column}_low", f"{column}_high"))
        at = places + (i - (len(series) - 1) / 2) * width
        axis.bar(at, value, width, color=[(color, strength) for strength in strengths], label=label)
        span = [np.clip(value - low, 0, None), np.clip(high - value, 0, None)]
        axis.errorbar(at, value, span, fmt="none", ecolor=QUIET, capsize=3)
    axis.set_xticks(places, [_name(row) for row in rows.iter_rows(named=True)], fontsize=7)
    axis.axhline(0, color=QUIET, linewidth=0.8)
    if len(series) > 1:  # outside, or it would cover bars
        handles = [Patch(color=color, label=label) for label, color in series.values()]
        axis.legend(
            handles=handles, frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2
        )


def _steps(rows: pl.DataFrame) -> np.ndarray:
    """Room between bars of different sizes: half a bar more at each of them than before."""
    group = rows.select(pl.when("is_control").then(pl.lit("control")).otherwise("size_of")).to_series()
    return 0.5 * (group.rle_id().to_numpy() if rows.height else np.zeros(0))


def _name(row: dict[str, Any]) -> str:
    if row["is_control"]:
        return f"{row['strategy']}\n(control)"
    as_many = f"\nas {row['size_of']}" if row["strategy"] == "random" else ""
    return row["strategy"].replace("_", "\n") + as_many


def _classes(axis: Any, rows: pl.DataFrame) -> None:
    places = np.arange(rows.height)
    axis.hlines(places, rows["logit_after"], rows["logit_before"], color=QUIET)
    axis.plot(rows["logit_before"], places, "o", color=INK, label="before")
    error = np.nan_to_num(_numbers(rows["logit_change_standard_error"]))
    axis.errorbar(rows["logit_after"], places, xerr=error, fmt="o", color=ACCENT, capsize=3, label="after")
    axis.set_yticks(places, rows["class_label"].str.replace_all("_", " "), fontsize=8)
    for text, is_cut in zip(axis.get_yticklabels(), rows["is_of_the_concept"], strict=True):
        text.set_fontweight("bold" if is_cut else "normal")
    axis.invert_yaxis()
    axis.set_xlabel("own logit", fontsize=8)
    axis.legend(frameon=False, fontsize=7, loc="lower right")


def _curves(axis: Any, rows: pl.DataFrame) -> None:
    for (feature,), curve in rows.sort("fraction").group_by("feature", maintain_order=True):
        x = 100 * curve["fraction"].to_numpy()
        axis.plot(x, curve["accuracy"], marker=".", label=str(feature).removeprefix("adjective: ").replace("_", " "))
        axis.fill_between(x, curve["accuracy_low"], curve["accuracy_high"], alpha=0.06)
    if rows.height:
        axis.axhline(rows["chance_accuracy"][0], color=QUIET, linestyle="dotted", label="chance")
        axis.legend(frameon=False, fontsize=7, loc="lower left")
    axis.set(xlabel="neurons cut, %", ylabel="accuracy", ylim=(0, 1))


def _numbers(column: pl.Series) -> np.ndarray:
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
