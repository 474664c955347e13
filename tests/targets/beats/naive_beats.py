"""BEATs once more, slowly: one clip, one head, one query at a time, in numpy float64, from weights by published name.

Written from the paper and the description of the published checkpoints, apart from the network under test; it shares no
line with it. Padding follows the published fold: samples to frames, frames to tokens.
"""

import math

import numpy as np

from dagster_and.hub.quiet import quiet_transformers


def kaldi_fbank(wave: np.ndarray) -> np.ndarray:
    """ "frame mel": transformers' spectrogram in the settings that reproduce Kaldi's."""
    from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

    with quiet_transformers():
        filters = mel_filter_bank(
            257, 128, 20, 8000, 16000, norm=None, mel_scale="kaldi", triangularize_in_mel_space=True
        )
    window = window_function(400, "povey", periodic=False)
    return spectrogram(
        wave, window, frame_length=400, hop_length=160, fft_length=512, power=2.0, center=False, preemphasis=0.97,
        mel_filters=filters, log_mel="log", mel_floor=1.192092955078125e-07, remove_dc_offset=True, dtype=np.float64,
    ).T  # fmt: skip


def erf(x: np.ndarray) -> np.ndarray:
    return np.vectorize(math.erf)(x)


def gelu(x: np.ndarray) -> np.ndarray:
    return x * 0.5 * (1 + erf(x / math.sqrt(2)))


def norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    for i, row in enumerate(x):
        out[i] = (row - row.mean()) / math.sqrt(row.var() + 1e-5) * weight + bias
    return out


def bucket(distance: int, buckets: int, max_distance: int) -> int:
    half, quarter = buckets // 2, buckets // 4
    size = abs(distance)
    if size < quarter:
        index = size
    else:
        index = quarter + math.floor(math.log(size / quarter) / math.log(max_distance / quarter) * quarter)
        index = min(index, half - 1)
    return index + (half if distance > 0 else 0)


def fold(padding: list[bool], parts: int) -> list[bool]:
    share = len(padding) // parts
    return [all(padding[i * share : (i + 1) * share]) for i in range(parts)]


class NaiveBeats:
    """Weights by published name, and the settings of ``cfg``."""

    def __init__(self, cfg: dict, state: dict):
        self.cfg = cfg
        self.w = {name: tensor.double().numpy() for name, tensor in state.items()}

    def linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]

    def run(self, wave: np.ndarray, padding: np.ndarray | None = None) -> dict:
        """fc1 and fc2 of every layer, the last hidden state, the head's mean, and which tokens are padding."""
        frames = (kaldi_fbank(wave.astype(np.float64) * 2**15) - 15.41663) / (2 * 6.55582)
        x = self.tokens(frames)
        hidden = [False] * len(x)
        if padding is not None:
            hidden = fold(fold(padding.tolist(), len(frames)), len(x))
        x[hidden] = 0
        x = x + gelu(self.positions(x))
        x = norm(x, self.w["encoder.layer_norm.weight"], self.w["encoder.layer_norm.bias"])
        alpha = (2 * self.cfg["encoder_layers"]) ** 0.25
        seen = {}
        for i in range(self.cfg["encoder_layers"]):
            layer = f"encoder.layers.{i}"
            attended = self.attention(x, hidden, f"{layer}.self_attn")
            x = norm(alpha * x + attended, *self.pair(f"{layer}.self_attn_layer_norm"))
            seen[f"{layer}.fc1"] = self.linear(x, f"{layer}.fc1")
            seen[f"{layer}.fc2"] = self.linear(gelu(seen[f"{layer}.fc1"]), f"{layer}.fc2")
            x = norm(alpha * x + seen[f"{layer}.fc2"], *self.pair(f"{layer}.final_layer_norm"))
        seen["last_hidden_state"] = x
        seen["padding"] = np.array(hidden)
        for head in ("predictor", "fc"):
            if f"{head}.weight" in self.w:
                every = [
                    self.linear(token, head) for token, is_padding in zip(x, hidden, strict=True) if not is_padding
                ]
                seen["logits"] = sum(every) / len(every)
        return seen

    def pair(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        return self.w[f"{name}.weight"], self.w[f"{name}.bias"]

    def tokens(self, frames: np.ndarray) -> np.ndarray:
        rows = []
        for t in range(len(frames) // 16):
            for f in range(8):
                patch = frames[16 * t : 16 * t + 16, 16 * f : 16 * f + 16]
                rows.append([float((kernel[0] * patch).sum()) for kernel in self.w["patch_embedding.weight"]])
        x = norm(np.array(rows), *self.pair("layer_norm"))
        return self.linear(x, "post_extract_proj") if "post_extract_proj.weight" in self.w else x

    def positions(self, x: np.ndarray) -> np.ndarray:
        g, v = self.w["encoder.pos_conv.0.weight_g"], self.w["encoder.pos_conv.0.weight_v"]
        kernel = np.empty_like(v)
        for k in range(v.shape[2]):
            kernel[:, :, k] = g[0, 0, k] * v[:, :, k] / math.sqrt((v[:, :, k] ** 2).sum())
        width, per_group, size = kernel.shape
        out = np.zeros_like(x)
        for token in range(len(x)):
            for unit in range(width):
                group = unit // (width // self.cfg["conv_pos_groups"])
                channels = slice(group * per_group, (group + 1) * per_group)
                for k in range(size):
                    source = token + k - size // 2
                    if 0 <= source < len(x):
                        out[token, unit] += kernel[unit, :, k] @ x[source, channels]
        return out + self.w["encoder.pos_conv.0.bias"]

    def attention(self, x: np.ndarray, hidden: list[bool], name: str) -> np.ndarray:
        heads = self.cfg["encoder_attention_heads"]
        size = x.shape[1] // heads
        q, k, v = (self.linear(x, f"{name}.{p}_proj") for p in "qkv")
        table = self.w["encoder.layers.0.self_attn.relative_attention_bias.weight"]
        out = np.zeros_like(x)
        for h in range(heads):
            part = slice(h * size, (h + 1) * size)
            for i in range(len(x)):
                eight = self.w[f"{name}.grep_linear.weight"] @ q[i, part] + self.w[f"{name}.grep_linear.bias"]
                a, b = (1 / (1 + math.exp(-four.sum())) for four in (eight[:4], eight[4:]))
                gate = a * (b * self.w[f"{name}.grep_a"][0, h, 0, 0] - 1) + 2
                keys = [j for j in range(len(x)) if not hidden[j]]
                scores = np.array([
                    q[i, part] @ k[j, part] / math.sqrt(size)
                    + gate * table[bucket(j - i, self.cfg["num_buckets"], self.cfg["max_distance"]), h]
                    for j in keys
                ])  # fmt: skip
                weights = np.exp(scores - scores.max())
                out[i, part] = (weights / weights.sum()) @ v[keys, part]
        return self.linear(out, f"{name}.out_proj")
