"""CLIP's text tower (the paper's text encoder is ViT-B/32), by hub id or local folder."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dagster_and.encoders.batching import encode_distinct
from dagster_and.foundation.errors import UserError
from dagster_and.hub.quiet import quiet_transformers

if TYPE_CHECKING:
    import torch


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

    def encode(self, texts: Sequence[str]) -> "torch.Tensor":
        """Unit embeddings, float32 "text dim"."""
        import torch

        limit = self._model.config.max_position_embeddings

        def encode_batch(batch: list[str]) -> torch.Tensor:
            tokens = self._tokenizer(batch, padding=True, truncation=True, max_length=limit, return_tensors="pt")
            with torch.inference_mode():
                return torch.nn.functional.normalize(self._model(**tokens).text_embeds, dim=1)

        return encode_distinct(texts, encode_batch)
