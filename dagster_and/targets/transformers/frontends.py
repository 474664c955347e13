"""Frontends of transformers audio networks, one for each kind of input that they have."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.keys import digest
from dagster_and.method.activations.timeline import Timeline
from dagster_and.targets.hearing.frontend import Frontend, Inputs
from dagster_and.targets.hearing.kaldi import log_mel, patches_in_time

if TYPE_CHECKING:
    import torch

SPECIAL_TOKENS_OF_AST = 2  # CLS and distillation


class FbankFrontend:
    """Log-mel filter bank of the Audio Spectrogram Transformer, as ASTFeatureExtractor computes it, in torch."""

    has_cls_token = True

    def __init__(self, extractor: Any, config: Any):
        if extractor.num_mel_bins != config.num_mel_bins:
            said, heard = extractor.num_mel_bins, config.num_mel_bins
            raise ValueError(f"num_mel_bins is {said} in its preprocessor_config.json, but {heard} in its config.json")
        self.sample_rate_hz = extractor.sampling_rate
        self.frames = config.max_length
        self.mean, self.scale = (extractor.mean, 2 * extractor.std) if extractor.do_normalize else (0.0, 1.0)
        self.patch_bands = (config.num_mel_bins - config.patch_size) // config.frequency_stride + 1
        self.patch_steps = (config.max_length - config.patch_size) // config.time_stride + 1
        self.time_stride = config.time_stride
        self.timeline = patches_in_time(
            self.time_stride, config.patch_size, extractor.sampling_rate, special=SPECIAL_TOKENS_OF_AST,
            bands=self.patch_bands, is_band_major=True,
        )  # fmt: skip
        self.key = digest("fbank", 1, extractor.sampling_rate, extractor.num_mel_bins)
        self._bands = extractor.num_mel_bins

    def features(self, waveform: "torch.Tensor") -> "torch.Tensor":
        """Log-mel energies ("frame mel"), 25 ms frames every 10 ms; a clip under one frame is padded to one."""
        return log_mel(waveform, self._bands, self.sample_rate_hz, "hann")

    def inputs(self, features: Sequence["torch.Tensor"]) -> Inputs:
        """``input_values`` ("clip frame mel"). Padding is zero before normalisation, as the extractor does it."""
        import torch

        heard = [clip[: self.frames] for clip in features]
        longest = torch.zeros(self.frames, self._bands)  # beside it, all are padded to full length in one go
        batch = torch.nn.utils.rnn.pad_sequence([longest, *heard], batch_first=True)[1:]
        arguments = {"input_values": batch.sub_(self.mean).div_(self.scale)}
        patches = (self.patch_bands, self.patch_steps, self.time_stride)
        return Inputs(arguments, torch.stack([_sound_tokens_of_ast(len(clip), *patches) for clip in heard]))


@lru_cache(maxsize=256)  # most clips are of one length
def _sound_tokens_of_ast(frames: int, bands: int, steps: int, stride: int) -> "torch.Tensor":
    """Which tokens ("token") hear sound in a clip of so many frames.

    A patch is sound when its first frame is: a patch that starts in padding hears none of the clip.
    """
    import torch

    sound = torch.arange(steps) * stride < frames
    return torch.cat([torch.zeros(SPECIAL_TOKENS_OF_AST, dtype=torch.bool), sound.repeat(bands)])


class WaveformFrontend:
    """Raw waveform, for Wav2Vec2, HuBERT, WavLM, UniSpeech, SEW and Data2Vec-audio."""

    has_cls_token = False

    def __init__(self, extractor: Any, model: Any, window_s: float | None = None):
        self.sample_rate_hz = extractor.sampling_rate
        self._window = round((window_s or 0) * extractor.sampling_rate)
        self._normalize = extractor.do_normalize
        self._send_mask = extractor.return_attention_mask
        self._tokens_of = model._get_feat_extract_output_lengths
        self._squeeze = getattr(model.config, "squeeze_factor", 1)
        self.timeline = _timeline_of_convolutions(model.config, extractor.sampling_rate, self._squeeze)
        self.key = digest("waveform", 1, extractor.sampling_rate)

    def features(self, waveform: "torch.Tensor") -> "torch.Tensor":
        """The waveform itself ("sample"), padded to the 400 samples that the convolutions need for one token."""
        import torch

        return torch.nn.functional.pad(waveform, (0, max(0, 400 * self._squeeze - len(waveform))))

    def inputs(self, features: Sequence["torch.Tensor"]) -> Inputs:
        """``input_values`` ("clip sample"), each clip normalised by itself, and ``attention_mask`` where it is used."""
        import torch

        lengths = torch.tensor([len(clip) for clip in features])
        longest = int(lengths.max())
        # padding may be heard (group norm, Data2Vec's stack of convolutions), so it must not depend on the batch
        batch = torch.zeros(len(features), max(longest, self._window))
        for i, clip in enumerate(features):
            batch[i, : len(clip)] = (
                (clip - clip.mean()) / (clip.var(correction=0) + 1e-7).sqrt() if self._normalize else clip
            )
        arguments = {"input_values": batch}
        if self._send_mask:
            arguments["attention_mask"] = (torch.arange(batch.shape[1]) < lengths[:, None]).long()
        tokens, most = (torch.as_tensor(self._tokens_of(n)) // self._squeeze for n in (lengths, batch.shape[1]))
        return Inputs(arguments, torch.arange(int(most)) < tokens[:, None])


def _timeline_of_convolutions(config: Any, rate_hz: int, squeeze: int) -> Timeline:
    """A token for every product of the strides; it hears as far as the kernels reach."""
    hop, reach = 1, 1
    for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
        reach += (kernel - 1) * hop
        hop *= stride
    return Timeline(squeeze * hop / rate_hz, (reach + (squeeze - 1) * hop) / rate_hz)


class WhisperFrontend:
    """Log-mel spectrogram of Whisper's encoder, padded to its fixed 30 s."""

    has_cls_token = False

    def __init__(self, extractor: Any, config: Any):
        self.sample_rate_hz = extractor.sampling_rate
        self._extractor = extractor
        self._tokens = config.max_source_positions
        # two convolutions of three frames, the second at every other one; a frame is centred on its place
        hop_s, frame_s = extractor.hop_length / extractor.sampling_rate, extractor.n_fft / extractor.sampling_rate
        self.timeline = Timeline(2 * hop_s, 4 * hop_s + frame_s, -2 * hop_s - frame_s / 2)
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


class ClapFrontend:
    """Log-mel spectrogram of CLAP's audio encoder; a short clip is repeated up to the window, as in its training."""

    has_cls_token = False
    timeline = None

    def __init__(self, extractor: Any, config: Any):
        self.sample_rate_hz = extractor.sampling_rate
        self._extractor = extractor
        self._is_fused = config.enable_fusion
        self.key = digest("clap", 1, extractor.to_dict())

    def features(self, waveform: "torch.Tensor") -> "torch.Tensor":
        """Log-mel ("view frame mel") of the first seconds: a longer clip would be cut at random."""
        heard = waveform[: self._extractor.nb_max_samples].numpy()
        return self._extractor(heard, sampling_rate=self.sample_rate_hz, return_tensors="pt").input_features[0].float()

    def inputs(self, features: Sequence["torch.Tensor"]) -> Inputs:
        """``input_features`` ("clip view frame mel"). Every token hears the clip, so one flag stands for all."""
        import torch

        arguments = {"input_features": torch.stack(list(features))}
        if self._is_fused:
            arguments["is_longer"] = torch.zeros(len(features), 1, dtype=torch.bool)
        return Inputs(arguments, torch.ones(len(features), 1, dtype=torch.bool))


def frontend_of(model: Any, extractor: Any, window_s: float | None = None) -> Frontend:
    """The frontend of a transformers audio network; ``window_s`` is what it hears of a clip, in seconds.

    Raises:
        UserError: its inputs are of a kind that no frontend makes.
    """
    kind = model.config.model_type
    if kind == "audio-spectrogram-transformer":
        return FbankFrontend(extractor, model.config)
    if kind == "whisper":
        return WhisperFrontend(extractor, model.config)
    if kind in ("clap", "clap_audio_model"):
        return ClapFrontend(extractor, model.config)
    if (
        hasattr(model, "_get_feat_extract_output_lengths")
        and hasattr(extractor, "do_normalize")
        and kind != "wav2vec2-bert"
    ):
        return WaveformFrontend(extractor, model, window_s)
    raise UserError(
        f"A {kind} network can't be fed yet: choose an AST, Wav2Vec2, HuBERT, WavLM, UniSpeech, SEW, "
        "Data2Vec-audio, Whisper or CLAP network."
    )
