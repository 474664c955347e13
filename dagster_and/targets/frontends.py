"""From a waveform to what a network takes: one frontend for each kind of input that audio networks have.

A frontend splits the work in two. ``features`` is slow, is the same for every network with the same ``key``, and is
cached per clip; ``inputs`` batches, pads and normalises, and says which tokens are sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dagster_and.errors import UserError
from dagster_and.lake import digest
from dagster_and.targets.quiet import quiet_transformers

if TYPE_CHECKING:
    import torch

SPECIAL_TOKENS_OF_AST = 2  # CLS and distillation


@dataclass(frozen=True)
class Inputs:
    """A batch as the network takes it.

    ``arguments`` go to ``forward`` by name. ``sound_tokens`` ("clip token", bool) is true where a token of the blocks'
    output hears at least one unpadded frame; special tokens and padding are false.
    """

    arguments: dict[str, "torch.Tensor"]
    sound_tokens: "torch.Tensor"


class Frontend(Protocol):
    """What stands between a clip and a network."""

    sample_rate_hz: int
    key: str
    has_cls_token: bool

    def features(self, waveform: "torch.Tensor") -> "torch.Tensor":
        """Unpadded features of one clip from its mono waveform ("sample")."""
        ...

    def inputs(self, features: Sequence["torch.Tensor"]) -> Inputs:
        """Pad and normalise a batch."""
        ...


class FbankFrontend:
    """Log-mel filter bank of the Audio Spectrogram Transformer, as ASTFeatureExtractor computes it, in torch."""

    has_cls_token = True

    def __init__(self, extractor: Any, config: Any):
        import torch
        from transformers.audio_utils import mel_filter_bank

        self.sample_rate_hz = extractor.sampling_rate
        self.frames = config.max_length
        self.mean, self.scale = (extractor.mean, 2 * extractor.std) if extractor.do_normalize else (0.0, 1.0)
        self.patch_bands = (config.num_mel_bins - config.patch_size) // config.frequency_stride + 1
        self.patch_steps = (config.max_length - config.patch_size) // config.time_stride + 1
        self.time_stride = config.time_stride
        self.key = digest("fbank", 1, extractor.sampling_rate, extractor.num_mel_bins)
        with quiet_transformers():
            filters = mel_filter_bank(
            257, extractor.num_mel_bins, 20, extractor.sampling_rate // 2, extractor.sampling_rate,
            norm=None, mel_scale="kaldi", triangularize_in_mel_space=True,
        )  # fmt: skip
        self._filters = torch.from_numpy(filters).double()
        self._window = torch.hann_window(400, periodic=False, dtype=torch.float64)

    def features(self, waveform: "torch.Tensor") -> "torch.Tensor":
        """Log-mel energies ("frame mel"), 25 ms frames every 10 ms; a clip under one frame is padded to one."""
        import torch

        samples = torch.nn.functional.pad(waveform.double(), (0, max(0, 400 - len(waveform))))
        frames = samples.unfold(0, 400, 160)
        frames = frames - frames.mean(dim=1, keepdim=True)
        # Kaldi's pre-emphasis, in which the first sample of a frame is its own predecessor
        frames = torch.cat([frames[:, :1] * (1 - 0.97), frames[:, 1:] - 0.97 * frames[:, :-1]], dim=1)
        power = torch.fft.rfft(frames * self._window, n=512).abs() ** 2
        return (power @ self._filters).clamp(min=1.192092955078125e-07).log().float()

    def inputs(self, features: Sequence["torch.Tensor"]) -> Inputs:
        """``input_values`` ("clip frame mel"). Padding is zero before normalisation, as the extractor does it.

        A patch is sound when its first frame is: a patch that starts in padding hears none of the clip.
        """
        import torch

        batch = torch.zeros(len(features), self.frames, features[0].shape[1])
        sound = torch.zeros(len(features), self.patch_bands, self.patch_steps, dtype=torch.bool)
        for i, clip in enumerate(features):
            kept = min(len(clip), self.frames)
            batch[i, :kept] = clip[:kept]
            sound[i, :, : -(-kept // self.time_stride)] = True
        special = torch.zeros(len(features), SPECIAL_TOKENS_OF_AST, dtype=torch.bool)
        arguments = {"input_values": batch.sub_(self.mean).div_(self.scale)}
        return Inputs(arguments, torch.cat([special, sound.flatten(1)], dim=1))


class WaveformFrontend:
    """Raw waveform, for Wav2Vec2, HuBERT, WavLM, UniSpeech, SEW and Data2Vec-audio."""

    has_cls_token = False

    def __init__(self, extractor: Any, model: Any):
        self.sample_rate_hz = extractor.sampling_rate
        self._normalize = extractor.do_normalize
        self._send_mask = extractor.return_attention_mask
        self._tokens_of = model._get_feat_extract_output_lengths
        self._squeeze = getattr(model.config, "squeeze_factor", 1)
        self.key = digest("waveform", 1, extractor.sampling_rate)

    def features(self, waveform: "torch.Tensor") -> "torch.Tensor":
        """The waveform itself ("sample"), padded to the 400 samples that the convolutions need for one token."""
        import torch

        return torch.nn.functional.pad(waveform, (0, max(0, 400 * self._squeeze - len(waveform))))

    def inputs(self, features: Sequence["torch.Tensor"]) -> Inputs:
        """``input_values`` ("clip sample"), each clip normalised by itself, and ``attention_mask`` where it is used."""
        import torch

        lengths = torch.tensor([len(clip) for clip in features])
        batch = torch.zeros(len(features), int(lengths.max()))
        for i, clip in enumerate(features):
            batch[i, : len(clip)] = (
                (clip - clip.mean()) / (clip.var(correction=0) + 1e-7).sqrt() if self._normalize else clip
            )
        arguments = {"input_values": batch}
        if self._send_mask:
            arguments["attention_mask"] = (torch.arange(batch.shape[1]) < lengths[:, None]).long()
        tokens = torch.as_tensor(self._tokens_of(lengths))
        return Inputs(arguments, torch.arange(int(tokens.max())) < tokens[:, None])


class WhisperFrontend:
    """Log-mel spectrogram of Whisper's encoder, padded to its fixed 30 s."""

    has_cls_token = False

    def __init__(self, extractor: Any, config: Any):
        self.sample_rate_hz = extractor.sampling_rate
        self._extractor = extractor
        self._tokens = config.max_source_positions
        self.key = digest("whisper", 1, extractor.to_dict())

    def features(self, waveform: "torch.Tensor") -> "torch.Tensor":
        """Log-mel ("frame mel") of the clip padded to 30 s; one more column, all equal, holds the unpadded frames."""
        import torch

        mel = (
            self._extractor(waveform.numpy(), sampling_rate=self.sample_rate_hz, return_tensors="pt")
            .input_features[0]
            .T
        )
        frames = min(-(-len(waveform) // self._extractor.hop_length), len(mel))
        return torch.cat([mel, torch.full((len(mel), 1), float(frames))], dim=1)

    def inputs(self, features: Sequence["torch.Tensor"]) -> Inputs:
        """``input_features`` ("clip mel frame"); the second convolution halves the frames to tokens."""
        import torch

        batch = torch.stack([clip[:, :-1].T for clip in features])
        tokens = torch.tensor([-(-int(clip[0, -1]) // 2) for clip in features])
        return Inputs({"input_features": batch}, torch.arange(self._tokens) < tokens[:, None])


def frontend_of(model: Any, extractor: Any) -> Frontend:
    """The frontend of a transformers audio classifier.

    Raises:
        UserError: its inputs are of a kind that no frontend makes.
    """
    kind = model.config.model_type
    if kind == "audio-spectrogram-transformer":
        return FbankFrontend(extractor, model.config)
    if kind == "whisper":
        return WhisperFrontend(extractor, model.config)
    if (
        hasattr(model, "_get_feat_extract_output_lengths")
        and hasattr(extractor, "do_normalize")
        and kind != "wav2vec2-bert"
    ):
        return WaveformFrontend(extractor, model)
    raise UserError(
        f"A {kind} network can't be fed yet: choose an AST, Wav2Vec2, HuBERT, WavLM, UniSpeech, SEW, "
        "Data2Vec-audio or Whisper classifier."
    )
