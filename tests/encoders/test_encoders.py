"""Texts to unit vectors: the packaged MiniLM, and a CLIP from a folder."""

import json
from pathlib import Path

import pytest
import torch

from dagster_and.encoders import check_text_encoder, open_text_encoder
from dagster_and.encoders.batching import BATCH, encode_distinct
from dagster_and.foundation.errors import UserError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random CLIP text tower with a tokenizer of single letters and two merges."""
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPTokenizer

    folder = tmp_path_factory.mktemp("tiny-clip")
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "do", "dog</w>", "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\nd o\ndo g</w>\n")
    CLIPTokenizer.from_pretrained(folder).save_pretrained(folder)
    torch.manual_seed(0)
    config = CLIPTextConfig(
        vocab_size=len(tokens), hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2,
        projection_dim=8, max_position_embeddings=12, bos_token_id=54, eos_token_id=55, pad_token_id=55,
    )  # fmt: skip
    CLIPTextModelWithProjection(config).save_pretrained(folder)
    return folder


def test_minilm_gives_unit_vectors_that_know_what_words_mean():
    vectors = open_text_encoder("minilm").encode(["a dog barks", "a puppy is barking", "heavy rain falls"])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == torch.float32
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(3))
    cosine = vectors @ vectors.T
    assert cosine[0, 1] > 0.6 > cosine[0, 2]


def test_each_distinct_text_is_encoded_once_and_comes_back_in_its_place():
    seen: list[str] = []

    def encode(batch: list[str]) -> torch.Tensor:
        assert len(batch) <= BATCH
        seen.extend(batch)
        return torch.tensor([[float(len(text))] for text in batch])

    texts = ["x" * (i % 100) for i in range(1000)]
    assert encode_distinct(texts, encode)[:, 0].tolist() == [len(text) for text in texts]
    assert sorted(seen) == sorted(set(texts))


def test_the_batch_that_a_text_lies_in_does_not_change_its_vector():
    encoder = open_text_encoder("minilm")
    texts = ["rain", "a much longer text about a dog that barks at the rain"]
    alone = torch.cat([encoder.encode([text]) for text in texts])
    torch.testing.assert_close(encoder.encode(texts), alone, atol=1e-5, rtol=0)


def test_clip_gives_the_projected_text_embedding(clip: Path):
    from transformers import CLIPTextModelWithProjection, CLIPTokenizer

    encoder = open_text_encoder(f"clip:{clip}")
    tokens = CLIPTokenizer.from_pretrained(clip)("dog", return_tensors="pt")
    with torch.inference_mode():
        expected = CLIPTextModelWithProjection.from_pretrained(clip).eval()(**tokens).text_embeds
    vectors = encoder.encode(["dog", "rain", "dog", "a text that is far longer than twelve tokens " * 9])
    assert vectors.shape == (4, 8)
    torch.testing.assert_close(vectors[0], torch.nn.functional.normalize(expected[0], dim=0), atol=1e-5, rtol=0)
    assert torch.equal(vectors[0], vectors[2])
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(4))


@pytest.mark.parametrize("prefix", ["", "clip:"])
def test_what_is_no_model_is_refused_in_one_line(tmp_path: Path, prefix: str):
    for opened in (open_text_encoder, check_text_encoder):
        with pytest.raises(UserError, match=r"write (minilm|clip:)") as caught:
            opened(f"{prefix}{tmp_path}")
        assert "\n" not in str(caught.value)


def test_the_check_lets_through_what_can_be_opened_and_asks_the_hub_for_the_rest(clip: Path):
    check_text_encoder("minilm")
    check_text_encoder(f"clip:{clip}")
    with pytest.raises(UserError, match="is the hub reachable, is the name right"):
        check_text_encoder("clip:nobody/nothing-of-this-name")
