"""BEATs (Chen et al., ICML 2023, arXiv 2212.09058) in plain torch, with the published checkpoints' weight names.

Everything is batch-first; module names are those of the published weights, so a layer is named as its weights are.
"""

import math
from collections import OrderedDict
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from dagster_and.targets.beats.config import GATES, BeatsConfig
from dagster_and.targets.hearing.kaldi import log_mel

SAMPLE_RATE_HZ = 16_000
MEL_BANDS = 128
FULL_SCALE = 2**15
FBANK_MEAN = 15.41663
FBANK_SCALE = 2 * 6.55582


class BeatsOutput(NamedTuple):
    """``last_hidden_state`` "clip token unit"; ``logits`` "clip class" or None; ``padding`` "clip token" or None."""

    last_hidden_state: Tensor
    logits: Tensor | None
    padding: Tensor | None


class Beats(nn.Module):
    """The network. Its head, if any, is the module ``predictor`` or ``fc``, as the checkpoint calls it."""

    def __init__(self, config: BeatsConfig, head: str | None = None, classes: int = 0):
        super().__init__()
        self.config = config
        patch = config.input_patch_size
        self.patch_embedding = nn.Conv2d(1, config.embed_dim, patch, stride=patch, bias=config.conv_bias)
        self.layer_norm = nn.LayerNorm(config.embed_dim)
        is_projected = config.embed_dim != config.encoder_embed_dim
        self.post_extract_proj = nn.Linear(config.embed_dim, config.encoder_embed_dim) if is_projected else None
        self.encoder = Encoder(config)
        self.head_name = head
        if head:
            self.add_module(head, nn.Linear(config.encoder_embed_dim, classes))

    def forward(self, waveform: Tensor, padding_mask: Tensor | None = None) -> BeatsOutput:
        """Hear waveforms.

        Args:
            waveform: float "clip sample" at 16 kHz, -1..1.
            padding_mask: bool "clip sample", true where a sample is padding.
        """
        return self.hear(fbank(waveform), padding_mask)

    def hear(self, features: Tensor, padding_mask: Tensor | None = None) -> BeatsOutput:
        """Hear what :func:`fbank` makes of waveforms: "clip frame mel"; ``padding_mask`` is over their samples."""
        padding = (
            None
            if padding_mask is None
            else token_padding(padding_mask, features.shape[1], self.tokens(features.shape[1]))
        )
        x = self.encoder(self.embed(features), padding)
        if self.head_name is None:
            return BeatsOutput(x, None, padding)
        # published: the head on every token, then the mean; the head is linear, so the mean may come first
        return BeatsOutput(x, self.get_submodule(self.head_name)(mean_token(x, padding)), padding)

    def embed(self, features: Tensor) -> Tensor:
        """Patches of the spectrogram "clip frame mel" as tokens "clip token unit", time-major."""
        patches = self.patch_embedding(features[:, None])  # "clip unit time band"
        x = self.layer_norm(patches.flatten(2).transpose(1, 2))
        return x if self.post_extract_proj is None else self.post_extract_proj(x)

    def tokens(self, frames: int) -> int:
        """Number of tokens that so many frames make."""
        patch = self.config.input_patch_size
        return (frames // patch) * (MEL_BANDS // patch)


class Encoder(nn.Module):
    """Convolutional position embedding, then the blocks."""

    def __init__(self, config: BeatsConfig):
        super().__init__()
        convolution = nn.Conv1d(
            config.encoder_embed_dim, config.encoder_embed_dim, config.conv_pos,
            padding=config.conv_pos // 2, groups=config.conv_pos_groups,
        )  # fmt: skip
        nn.utils.parametrizations.weight_norm(convolution, dim=2)
        self.pos_conv = nn.Sequential(OrderedDict({"0": convolution}))
        self.layer_norm = nn.LayerNorm(config.encoder_embed_dim)
        blocks = [Block(config) for _ in range(config.encoder_layers)]
        for block in blocks[1:]:  # one table for all
            block.self_attn.relative_attention_bias = blocks[0].self_attn.relative_attention_bias
        self.layers = nn.ModuleList(blocks)
        self._is_norm_first = config.layer_norm_first

    def forward(self, x: Tensor, padding: Tensor | None) -> Tensor:
        """Tokens "clip token unit" to tokens; ``padding`` "clip token" is zeroed and hidden from attention."""
        if padding is not None:
            x = x.masked_fill(padding[:, :, None], 0)
        positions = self.pos_conv(x.transpose(1, 2))[:, :, : x.shape[1]]  # an even kernel gives one step too many
        x = x + functional.gelu(positions).transpose(1, 2)
        if not self._is_norm_first:
            x = self.layer_norm(x)
        first = self.layers[0]
        assert isinstance(first, Block)
        bias = first.self_attn.position_bias(x.shape[1])
        for layer in self.layers:
            x = layer(x, padding, bias)
        return self.layer_norm(x) if self._is_norm_first else x


class Block(nn.Module):
    """Attention and feed-forward, each with a residual weighed by deep norm's α."""

    def __init__(self, config: BeatsConfig):
        super().__init__()
        self.self_attn = Attention(config)
        self.self_attn_layer_norm = nn.LayerNorm(config.encoder_embed_dim)
        self.fc1 = nn.Linear(config.encoder_embed_dim, config.encoder_ffn_embed_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_embed_dim, config.encoder_embed_dim)
        self.final_layer_norm = nn.LayerNorm(config.encoder_embed_dim)
        self._activation = functional.gelu if config.activation_fn == "gelu" else functional.relu
        self._residual_scale = config.residual_scale
        self._is_norm_first = config.layer_norm_first

    def forward(self, x: Tensor, padding: Tensor | None, bias: Tensor | None) -> Tensor:
        """Tokens "clip token unit" to tokens."""
        if self._is_norm_first:
            x = x + self.self_attn(self.self_attn_layer_norm(x), padding, bias)
            return x + self._feed_forward(self.final_layer_norm(x))
        x = self.self_attn_layer_norm(self._residual_scale * x + self.self_attn(x, padding, bias))
        return self.final_layer_norm(self._residual_scale * x + self._feed_forward(x))

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.fc2(self._activation(self.fc1(x)))


class Attention(nn.Module):
    """Self-attention with a relative position bias that each query gates (as in WavLM, Chen et al. 2022)."""

    def __init__(self, config: BeatsConfig):
        super().__init__()
        width, self._heads = config.encoder_embed_dim, config.encoder_attention_heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))
        self._buckets, self._max_distance = config.num_buckets, config.max_distance
        self._is_gated = config.gru_rel_pos
        self.relative_attention_bias = None
        if config.relative_position_embedding:
            self.relative_attention_bias = nn.Embedding(config.num_buckets, self._heads)
        if self._is_gated:
            self.grep_linear = nn.Linear(width // self._heads, GATES)
            self.grep_a = nn.Parameter(torch.ones(1, self._heads, 1, 1))

    def forward(self, x: Tensor, padding: Tensor | None, bias: Tensor | None) -> Tensor:
        """Tokens "clip token unit" to tokens; ``bias`` is "head query key"."""
        clips, tokens, width = x.shape
        q, k, v = (
            projection(x).view(clips, tokens, self._heads, -1).transpose(1, 2)
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])  # "clip head query key"
        if bias is not None:
            scores = scores + (self._gate(q) * bias if self._is_gated else bias)
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None, :], -torch.inf)
        attended = scores.softmax(dim=-1) @ v
        return self.out_proj(attended.transpose(1, 2).reshape(clips, tokens, width))

    def position_bias(self, tokens: int) -> Tensor | None:
        """Bias of every key for every query before gating, "head query key"."""
        if self.relative_attention_bias is None:
            return None
        position = torch.arange(tokens, device=self.relative_attention_bias.weight.device)
        buckets = bucket(position[None, :] - position[:, None], self._buckets, self._max_distance)
        return self.relative_attention_bias(buckets).permute(2, 0, 1)

    def _gate(self, q: Tensor) -> Tensor:
        """Gate of each query, "clip head query 1", from queries that are not scaled."""
        a, b = self.grep_linear(q).unflatten(-1, (2, GATES // 2)).sum(dim=-1).sigmoid().split(1, dim=-1)
        return a * (b * self.grep_a - 1.0) + 2.0


def bucket(distance: Tensor, buckets: int, max_distance: int) -> Tensor:
    """Bucket of a relative position: each near distance has its own, far ones share on a logarithmic scale."""
    half, quarter = buckets // 2, buckets // 4
    size = distance.abs()
    ratio = size.clamp(min=1).float() / quarter
    far = quarter + (torch.log(ratio) / math.log(max_distance / quarter) * (half - quarter)).long()
    return half * (distance > 0) + torch.where(size < quarter, size, far.clamp(max=half - 1))


def fbank(waveform: Tensor) -> Tensor:
    """Normalised log-mel energies "clip frame mel" of waveforms "clip sample"."""
    return (log_mel(waveform * FULL_SCALE, MEL_BANDS, SAMPLE_RATE_HZ, "povey") - FBANK_MEAN) / FBANK_SCALE


def token_padding(padding_mask: Tensor, frames: int, tokens: int) -> Tensor:
    """Which tokens are padding, "clip token", from which samples are, "clip sample".

    As published: samples are dealt out evenly to the frames, and frames to the tokens, leaving out what doesn't go in
    evenly; a frame or a token is padding when everything that was dealt to it is. So the eight bands of the patch in
    which the sound ends share its frames, and the later ones may be padding.
    """
    for parts in (frames, tokens):
        share = padding_mask.shape[1] // parts
        padding_mask = padding_mask[:, : share * parts].unflatten(1, (parts, share)).all(dim=-1)
    return padding_mask


def mean_token(x: Tensor, padding: Tensor | None) -> Tensor:
    """Mean over the tokens that are not padding, "clip unit"."""
    if padding is None:
        return x.mean(dim=1)
    kept = ~padding
    return (x * kept[:, :, None]).sum(dim=1) / kept.sum(dim=1, keepdim=True)
