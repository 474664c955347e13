"""Networks that are trained here, as their settings describe them: layers by name and width, without building one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dagster_and.dissection import EmbeddedAst, EmbeddedBeats
from dagster_and.targets.beats.config import GATES
from dagster_and.targets.beats.layers import chosen
from dagster_and.targets.layers import Layer, layers_among


@dataclass(frozen=True)
class Plain:
    """A transformer of equal blocks with one linear head. Widths by the names of linear layers, in a block's order."""

    network: str
    blocks: int
    block: Mapping[str, int]
    """Names hold ``{}`` for the number of the block."""
    head: str
    has_cls_token: bool
    by_default: Callable[[Sequence[Layer]], tuple[Layer, ...]] = tuple
    """Of the known layers those that are dissected when the file names none."""

    def layers(self, classes: int, requested: Sequence[Sequence[str]] | None) -> tuple[Layer, ...]:
        """As :func:`dagster_and.targets.layers.dissected_layers` of the network itself.

        Raises:
            UserError: as there.
        """
        linear = {name.format(i): width for i in range(self.blocks) for name, width in self.block.items()}
        layers = layers_among(linear | {self.head: classes}, self.network, requested)
        return self.by_default(layers) if requested is None else layers


def plain_ast(section: EmbeddedAst) -> Plain:
    """ASTForAudioClassification of transformers."""
    width, body = section.hidden_size, "audio_spectrogram_transformer.layers.{}"
    names = ("attention.q_proj", "attention.k_proj", "attention.v_proj", "attention.o_proj", "mlp.fc1", "mlp.fc2")
    block = {f"{body}.{name}": 4 * width if name == "mlp.fc1" else width for name in names}
    return Plain("ASTForAudioClassification", section.blocks, block, "classifier.dense", has_cls_token=True)


def plain_beats(section: EmbeddedBeats) -> Plain:
    """:class:`dagster_and.targets.beats.network.Beats`."""
    width, body = section.hidden_size, "encoder.layers.{}"
    attention = {f"{body}.self_attn.{name}": width for name in ("q_proj", "k_proj", "v_proj", "out_proj")}
    fed = {f"{body}.fc1": 4 * width, f"{body}.fc2": width}
    block = attention | {f"{body}.self_attn.grep_linear": GATES} | fed
    return Plain("Beats", section.blocks, block, "predictor", has_cls_token=False, by_default=chosen)
