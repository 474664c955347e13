"""Room figures: the paper's Table 2 as a picture."""

from assets.drawing import figure_of
from dagster_and import figures

last_layer_accuracy = figure_of(
    "last_layer_accuracy",
    figures.last_layer_accuracy,
    ["rpt_last_layer_accuracy"],
    "One figure and one table: how often the head's neurons are named right, by similarity function, with 95 % "
    "intervals and chance (the paper's Table 2).",
)
