"""CLIP's text tower (the paper's text encoder is ViT-B/32), by hub id or local folder."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dagster_and.encoders.batching import encode_distinct
from dagster_and.foundation.errors import UserError
from dagster_and.hub.quiet import quiet_transformers


class ClipTextEncoder:
    """Projected text embeddings of CLIP; long texts are cut at its 77 tokens.

    Raises:
        UserError: the model can't be loaded.
    """

    def __init__(self, name: str, location: str):
        from transformers import AutoTokenizer, CLIPTextModelWithProjection

        self.name = name
        try:
            with quiet_transformers():
                self._tokenizer = AutoTokenizer.from_pretrained(location, trust_remote_code=False)
                self._model = CLIPTextModelWithProjection.from_pretrained(location, use_safetensors=True).eval()
        except Exception as error:  # hubs, files and configurations fail in many ways
            raise UserError(
                f"The text encoder {name!r} can't be loaded ({type(error).__name__}): write clip: and the "
                "hub id or folder of a CLIP model with safetensors weights, such as clip:openai/clip-vit-base-patch32."
            ) from error

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit embeddings, float32 "text dim"."""
        return encode_distinct(texts, lambda text: self._tokens([text])["input_ids"].numel(), self._encode_batch)

    def _tokens(self, texts: list[str]) -> Any:
        limit = self._model.config.max_position_embeddings
        return self._tokenizer(texts, padding=True, truncation=True, max_length=limit, return_tensors="pt")

    def _encode_batch(self, batch: list[str]) -> np.ndarray:
        import torch

        with torch.inference_mode():
            embedded = self._model(**self._tokens(batch)).text_embeds
            return torch.nn.functional.normalize(embedded, dim=1).float().numpy()
