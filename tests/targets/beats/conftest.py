"""Randomly initialised BEATs checkpoints in the published format, their weights drawn name by name."""

from typing import Any

import torch

SMALL = {
    "encoder_layers": 2, "encoder_embed_dim": 24, "encoder_ffn_embed_dim": 40, "encoder_attention_heads": 3,
    "activation_fn": "gelu", "input_patch_size": 16, "embed_dim": 20, "conv_bias": False, "conv_pos": 8,
    "conv_pos_groups": 4, "relative_position_embedding": True, "num_buckets": 32, "max_distance": 40,
    "gru_rel_pos": True, "deep_norm": True, "layer_norm_first": False, "finetuned_model": True, "predictor_class": 5,
}  # fmt: skip


def published_weights(cfg: dict[str, Any], head: str | None = "predictor", seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights under every name of the published checkpoints, with their shapes."""
    width, inner, heads = cfg["encoder_embed_dim"], cfg["encoder_ffn_embed_dim"], cfg["encoder_attention_heads"]
    shapes: dict[str, tuple[int, ...]] = {
        "patch_embedding.weight": (cfg["embed_dim"], 1, 16, 16),
        "layer_norm": (cfg["embed_dim"],),
        "post_extract_proj": (width, cfg["embed_dim"]),
        "encoder.pos_conv.0.weight_g": (1, 1, cfg["conv_pos"]),
        "encoder.pos_conv.0.weight_v": (width, width // cfg["conv_pos_groups"], cfg["conv_pos"]),
        "encoder.pos_conv.0.bias": (width,),
        "encoder.layer_norm": (width,),
    }
    for i in range(cfg["encoder_layers"]):
        layer = f"encoder.layers.{i}"
        shapes |= {f"{layer}.self_attn.{p}_proj": (width, width) for p in ("q", "k", "v", "out")}
        shapes |= {
            f"{layer}.self_attn.grep_linear": (8, width // heads),
            f"{layer}.self_attn.grep_a": (1, heads, 1, 1),
            f"{layer}.self_attn.relative_attention_bias.weight": (cfg["num_buckets"], heads),
            f"{layer}.self_attn_layer_norm": (width,),
            f"{layer}.final_layer_norm": (width,),
            f"{layer}.fc1": (inner, width),
            f"{layer}.fc2": (width, inner),
        }
    if head:
        shapes[head] = (cfg["predictor_class"], width)
    random = torch.Generator().manual_seed(seed)
    weights: dict[str, torch.Tensor] = {}
    for name, shape in shapes.items():
        is_whole = name.rsplit(".", 1)[-1] in ("weight", "bias", "weight_g", "weight_v", "grep_a")
        for full, size in (
            {name: shape}.items() if is_whole else ((f"{name}.weight", shape), (f"{name}.bias", shape[:1]))
        ):
            is_norm = "layer_norm" in full and full.endswith("weight")
            drawn = torch.randn(size, generator=random) * (0.3 if len(size) > 1 else 0.1)
            weights[full] = drawn + 1 if is_norm or full.endswith("grep_a") else drawn
    table = weights["encoder.layers.0.self_attn.relative_attention_bias.weight"]
    return {n: table.clone() if n.endswith("relative_attention_bias.weight") else t for n, t in weights.items()}
