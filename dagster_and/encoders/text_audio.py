"""The text-audio encoder seam: how well a sound itself, not its caption, matches a concept (method TAB)."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl

from dagster_and.audio.reading import read_waveform
from dagster_and.encoders.embeddings import Encode
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.progress import progress
from dagster_and.hub.quiet import quiet_transformers
from dagster_and.lake.shared import ALONE, Shared

if TYPE_CHECKING:
    import torch

BATCH = 8


class TextAudioEncoder(Protocol):
    """Matches sounds with concepts."""

    name: str

    def match(self, clips: pl.DataFrame, concepts: Sequence[str]) -> "torch.Tensor":
        """v_c[j] = cos(text(c), audio(a_j)): "clip concept".

        Args:
            clips: rows of ``probing_clips`` in the order of clip_id, with the column ``caption`` (null where missing).
            concepts: in words.
        """
        ...


def open_text_audio_encoder(name: str, encode: Encode, shared: Shared = ALONE) -> TextAudioEncoder:
    """``ridge`` (embedded; it maps sounds to the embeddings that ``encode`` gives texts), or ``clap:<hub id or
    folder>``. Sounds that are not here come from with whom they are ``shared``.

    Raises:
        UserError: it can't be loaded.
    """
    return RidgeEncoder(encode, shared) if name == "ridge" else ClapEncoder(name, name.removeprefix("clap:"), shared)


class RidgeEncoder:
    """A closed-form ridge map from log-mel statistics to caption embeddings.

    It is fitted across folds (those of the set; a seeded split where there are none), so no clip is matched by a map
    that saw it, and its penalty is chosen by leave-one-out within the training folds.
    """

    name = "ridge"

    def __init__(self, encode: Encode, shared: Shared = ALONE):
        self._encode, self._shared = encode, shared

    def match(self, clips: pl.DataFrame, concepts: Sequence[str]) -> "torch.Tensor":
        """Cosines "clip concept".

        Raises:
            UserError: too few clips have a caption to learn from.
        """
        import torch

        from dagster_and.method.sound.log_mel import SAMPLE_RATE_HZ, statistics
        from dagster_and.method.statistics.ridge import cross_fitted, split_of

        heard = torch.stack(
            [
                statistics(torch.from_numpy(sound))
                for sound in _waveforms(self._shared.heard_here(clips), SAMPLE_RATE_HZ)
            ]
        )
        captions = torch.from_numpy(self._encode([caption or "" for caption in clips["caption"]]))
        is_captioned = torch.from_numpy(clips["caption"].is_not_null().to_numpy().copy())
        folds = split_of(clips["fold"].to_list())
        try:
            audio = cross_fitted(heard, captions, is_captioned, folds)
        except ValueError as error:
            raise UserError(
                f"closed_concepts.text_audio_encoder is ridge, but {error}: caption more clips, or name a CLAP model "
                "with clap:<hub id or folder>."
            ) from None
        return torch.nn.functional.normalize(audio, dim=1) @ torch.from_numpy(self._encode(list(concepts))).double().T


class ClapEncoder:
    """CLAP through transformers (the paper: LAION's), by hub id or local folder with safetensors weights.

    Raises:
        UserError: the model can't be loaded.
    """

    def __init__(self, name: str, location: str, shared: Shared = ALONE):
        from transformers import AutoFeatureExtractor, AutoTokenizer, ClapModel

        self.name, self._shared = name, shared
        try:
            with quiet_transformers():
                self._extractor = AutoFeatureExtractor.from_pretrained(location, trust_remote_code=False)
                self._tokenizer = AutoTokenizer.from_pretrained(location, trust_remote_code=False)
                self._model = ClapModel.from_pretrained(location, use_safetensors=True).eval()
        except Exception as error:  # hubs, files and configurations fail in many ways
            raise UserError(
                f"closed_concepts.text_audio_encoder {name!r} can't be loaded ({type(error).__name__}): write ridge, "
                "or clap: and the hub id or folder of a CLAP model with safetensors weights, such as "
                "clap:laion/clap-htsat-unfused."
            ) from error

    def match(self, clips: pl.DataFrame, concepts: Sequence[str]) -> "torch.Tensor":
        """Cosines "clip concept"."""
        import torch

        heard = _waveforms(self._shared.heard_here(clips), self._extractor.sampling_rate)
        batches = iter(lambda: list(islice(heard, BATCH)), [])
        audio = torch.cat([self._audio(batch) for batch in batches])
        return audio.double() @ self._text(list(concepts)).double().T

    def _audio(self, waveforms: list[Any]) -> "torch.Tensor":
        import torch

        # longer than what CLAP hears at once, its extractor would take a part at random
        hears_all = getattr(self._model.config.audio_config, "enable_fusion", False)
        kept = [w if hears_all else w[: self._extractor.nb_max_samples] for w in waveforms]
        with torch.inference_mode():
            inputs = self._extractor(kept, sampling_rate=self._extractor.sampling_rate, return_tensors="pt")
            return _unit(self._model.get_audio_features(**inputs))

    def _text(self, texts: list[str]) -> "torch.Tensor":
        import torch

        with torch.inference_mode():
            tokens = self._tokenizer(texts, padding=True, truncation=True, max_length=77, return_tensors="pt")
            return _unit(self._model.get_text_features(**tokens))


def _unit(output: Any) -> "torch.Tensor":
    import torch

    return torch.nn.functional.normalize(getattr(output, "pooler_output", output), dim=1)


def _waveforms(clips: pl.DataFrame, sample_rate_hz: int) -> Iterator[np.ndarray]:
    """One at a time: all of them may not fit into memory."""
    rows = clips.select("path", "window_s").iter_rows()
    for path, window_s in progress(rows, "sounds for concepts", "clips", clips.height):
        yield read_waveform(Path(path), sample_rate_hz, window_s)
