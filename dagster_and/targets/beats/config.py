"""The architecture of a BEATs network, as its checkpoint says it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from dagster_and.foundation.errors import UserError

GATES = 8
"""Numbers that each head's gate on the relative position is made of."""
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
        if self.activation_fn not in ("gelu", "relu"):
            raise UserError(f"A BEATs checkpoint with activation_fn {self.activation_fn!r} can't be run: gelu or relu.")
        if self.layer_norm_first and self.deep_norm:
            raise UserError("A BEATs checkpoint can't have both deep_norm and layer_norm_first: cfg must name one.")
        if self.encoder_embed_dim % self.encoder_attention_heads:
            raise UserError("In a BEATs checkpoint's cfg encoder_embed_dim must be a multiple of the attention heads.")

    @property
    def residual_scale(self) -> float:
        """α of deep norm (Wang et al. 2022), by which the residual is weighed."""
        return math.pow(2 * self.encoder_layers, 0.25) if self.deep_norm else 1.0


def config_from_cfg(cfg: Mapping[str, Any]) -> BeatsConfig:
    """The configuration that ``cfg`` writes down. Keys that don't shape the network at inference are passed over."""
    known = {field.name for field in fields(BeatsConfig)}
    return BeatsConfig(**_ABSENT | {name: value for name, value in cfg.items() if name in known})


def config_from_shapes(shapes: Mapping[str, tuple[int, ...]]) -> BeatsConfig:
    """The configuration of a bare state dict, read off its weights' shapes; what no shape tells is the base model's.

    Raises:
        UserError: a weight that tells a size is not there.
    """

    def shape(name: str) -> tuple[int, ...]:
        if name not in shapes:
            raise UserError(f"These are no BEATs weights: {name} is not among them.")
        return shapes[name]

    layers = [name.split(".")[2] for name in shapes if name.startswith("encoder.layers.")]
    attention = "encoder.layers.0.self_attn"
    tables = f"{attention}.relative_attention_bias.weight"
    gates = f"{attention}.grep_a"
    width = shape("encoder.layer_norm.weight")[0]
    kernel = shape("encoder.pos_conv.0.weight_v")
    base = BeatsConfig()
    heads = shapes[gates][1] if gates in shapes else shapes[tables][1] if tables in shapes else None
    return BeatsConfig(
        encoder_layers=1 + max(map(int, layers), default=-1),
        encoder_embed_dim=width,
        encoder_ffn_embed_dim=shape("encoder.layers.0.fc1.weight")[0],
        encoder_attention_heads=heads or base.encoder_attention_heads,
        input_patch_size=shape("patch_embedding.weight")[-1],
        embed_dim=shape("patch_embedding.weight")[0],
        conv_bias="patch_embedding.bias" in shapes,
        conv_pos=kernel[-1],
        conv_pos_groups=width // kernel[1],
        relative_position_embedding=tables in shapes,
        num_buckets=shapes[tables][0] if tables in shapes else base.num_buckets,
        gru_rel_pos=gates in shapes,
    )
