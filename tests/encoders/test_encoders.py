"""Texts to unit vectors: the packaged MiniLM, and a CLIP from a folder."""

import json
from pathlib import Path

import numpy as np
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
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    cosine = vectors @ vectors.T
    assert cosine[0, 1] > 0.6 > cosine[0, 2]


def test_each_distinct_text_is_encoded_once_in_batches_of_one_size_and_length_and_comes_back_in_its_place():
    seen: list[str] = []

    def encode(batch: list[str]) -> np.ndarray:
        assert len(batch) == BATCH
        assert len({len(text) for text in batch}) == 1
        seen.extend(set(batch))
        return np.array([[len(text), ord(text[-1])] for text in batch], dtype=np.float32)

    texts = ["x" * (i % 9 + 1) + chr(97 + i % 26) for i in range(1000)]
    encoded = encode_distinct(texts, len, encode)
    assert encoded.tolist() == [[len(text), ord(text[-1])] for text in texts]
    assert sorted(seen) == sorted(set(texts))


def test_the_texts_beside_it_do_not_change_one_bit_of_a_vector(clip: Path):
    texts = ["rain", "a dog", "it is loud", "a much longer text about a dog that barks at the rain"]
    others = [f"{word} {count}" for word in ("siren", "wind", "bell") for count in range(20)]
    for name in ("minilm", f"clip:{clip}"):
        encoder = open_text_encoder(name)
        alone = np.concatenate([encoder.encode([text]) for text in texts])
        beside = encoder.encode([*others, *texts[::-1]])[-len(texts) :][::-1]
        assert (beside == alone).all()


def test_clip_gives_the_projected_text_embedding(clip: Path):
    from transformers import CLIPTextModelWithProjection, CLIPTokenizer

    encoder = open_text_encoder(f"clip:{clip}")
    tokens = CLIPTokenizer.from_pretrained(clip)("dog", return_tensors="pt")
    with torch.inference_mode():
        expected = CLIPTextModelWithProjection.from_pretrained(clip).eval()(**tokens).text_embeds
    vectors = encoder.encode(["dog", "rain", "dog", "a text that is far longer than twelve tokens " * 9])
    assert vectors.shape == (4, 8)
    np.testing.assert_allclose(vectors[0], torch.nn.functional.normalize(expected[0], dim=0), atol=1e-5, rtol=0)
    assert (vectors[0] == vectors[2]).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


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
