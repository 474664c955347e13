"""The architecture of a BEATs network, as its checkpoint says it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from dagster_and.foundation.errors import UserError

GATES = 8
"""Numbers that each head's gate on the relative position is made of."""
FEWEST_BUCKETS = 4
"""A quarter of them is for near positions, and has to be one at least."""
LARGEST = 1_000_000
SHOWN = 40
_LAYER = re.compile(r"encoder\.layers\.([0-9]{1,9})\.")
_ABSENT: dict[str, Any] = {
    "relative_position_embedding": False, "gru_rel_pos": False, "deep_norm": False, "max_distance": 1280,
}  # fmt: skip
"""What the published code takes where ``cfg`` lacks a key, as far as it differs from the base model."""


@dataclass(frozen=True)
class BeatsConfig:
    """Keys of a published checkpoint's ``cfg`` that shape the network; the defaults are the published base model's."""

    encoder_layers: int = 12
    encoder_embed_dim: int = 768
    encoder_ffn_embed_dim: int = 3072
    encoder_attention_heads: int = 12
    activation_fn: str = "gelu"
    input_patch_size: int = 16
    embed_dim: int = 512
    conv_bias: bool = False
    conv_pos: int = 128
    conv_pos_groups: int = 16
    relative_position_embedding: bool = True
    num_buckets: int = 320
    max_distance: int = 800
    gru_rel_pos: bool = True
    deep_norm: bool = True
    layer_norm_first: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            _require_kind(field.name, getattr(self, field.name), field.default)
        if self.activation_fn not in ("gelu", "relu"):
            raise UserError(f"A BEATs checkpoint with activation_fn {self.activation_fn!r} can't be run: gelu or relu.")
        if self.layer_norm_first and self.deep_norm:
            raise UserError("A BEATs checkpoint can't have both deep_norm and layer_norm_first: cfg must name one.")
        if self.encoder_embed_dim % self.encoder_attention_heads:
            raise UserError("In a BEATs checkpoint's cfg encoder_embed_dim must be a multiple of the attention heads.")
        if self.relative_position_embedding and not FEWEST_BUCKETS <= self.num_buckets < 4 * self.max_distance:
            raise UserError(
                f"In a BEATs checkpoint's cfg num_buckets must be at least {FEWEST_BUCKETS}, and less than four times "
                f"max_distance: they are {self.num_buckets} and {self.max_distance}."
            )

    @property
    def residual_scale(self) -> float:
        """α of deep norm (Wang et al. 2022), by which the residual is weighed."""
        return math.pow(2 * self.encoder_layers, 0.25) if self.deep_norm else 1.0


def _require_kind(name: str, value: Any, default: Any) -> None:
    """Refuse what a key of ``cfg`` can't be: it would be seen only while the network is built, or hears."""
    if isinstance(default, bool):
        is_right, wanted = isinstance(value, bool), "true or false"
    elif isinstance(default, int):
        is_right = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST
        wanted = f"a whole number from 1 to {LARGEST:,}"
    else:
        is_right, wanted = isinstance(value, str), "a text"
    if not is_right:
        raise UserError(f"In a BEATs checkpoint's cfg {name} must be {wanted}, not {_shown(value)}.")


def _shown(value: Any) -> str:
    is_long = isinstance(value, int) and abs(value) > 10**SHOWN  # Python doesn't write out the longest ones
    return f"one of over {SHOWN} digits" if is_long else repr(value)[:SHOWN]


def config_from_cfg(cfg: Mapping[str, Any]) -> BeatsConfig:
    """The configuration that ``cfg`` writes down. Keys that don't shape the network at inference are passed over.

    Raises:
        UserError: a value is none that a network can be built with.
    """
    known = {field.name for field in fields(BeatsConfig)}
    return BeatsConfig(**_ABSENT | {name: value for name, value in cfg.items() if name in known})


def config_from_shapes(shapes: Mapping[str, tuple[int, ...]]) -> BeatsConfig:
    """The configuration of a bare state dict, read off its weights' shapes; what no shape tells is the base model's.

    Raises:
        UserError: a weight that tells a size is not there, or of no such shape.
    """

    def shape(name: str, axes: int) -> tuple[int, ...]:
        if name not in shapes:
            raise UserError(f"These are no BEATs weights: {name} is not among them.")
        if len(shapes[name]) != axes or 0 in shapes[name]:
            raise UserError(f"These are no BEATs weights: {name} has the shape {shapes[name]}.")
        return shapes[name]

    layers = [int(found[1]) for name in shapes if (found := _LAYER.match(name))]
    attention = "encoder.layers.0.self_attn"
    tables = f"{attention}.relative_attention_bias.weight"
    gates = f"{attention}.grep_a"
    width = shape("encoder.layer_norm.weight", 1)[0]
    kernel = shape("encoder.pos_conv.0.weight_v", 3)
    base = BeatsConfig()
    heads = shape(gates, 4)[1] if gates in shapes else shape(tables, 2)[1] if tables in shapes else None
    return BeatsConfig(
        encoder_layers=1 + max(layers, default=-1),
        encoder_embed_dim=width,
        encoder_ffn_embed_dim=shape("encoder.layers.0.fc1.weight", 2)[0],
        encoder_attention_heads=heads or base.encoder_attention_heads,
        input_patch_size=shape("patch_embedding.weight", 4)[-1],
        embed_dim=shape("patch_embedding.weight", 4)[0],
        conv_bias="patch_embedding.bias" in shapes,
        conv_pos=kernel[-1],
        conv_pos_groups=width // kernel[1],
        relative_position_embedding=tables in shapes,
        num_buckets=shape(tables, 2)[0] if tables in shapes else base.num_buckets,
        gru_rel_pos=gates in shapes,
    )
