"""First weights: signals keep their size at any width, and every place is told from every other."""

import pytest
import torch

from dagster_and.hub.quiet import quiet_transformers
from dagster_and.targets.training.initialising import initialise, positions


def small_ast(width: int):
    from transformers import ASTConfig, ASTForAudioClassification

    config = ASTConfig(
        hidden_size=width, num_hidden_layers=1, num_attention_heads=2, intermediate_size=4 * width, max_length=64,
        frequency_stride=16, time_stride=16, num_labels=3,
    )  # fmt: skip
    with quiet_transformers():
        model = ASTForAudioClassification(config)
    torch.manual_seed(0)
    initialise(model)
    return model.eval()


@pytest.mark.parametrize("width", [16, 96])
def test_a_layer_puts_out_what_varies_as_much_as_what_comes_in(width: int):
    layer = small_ast(width).get_submodule("audio_spectrogram_transformer.layers.0.mlp.fc1")
    with torch.inference_mode():
        out = layer(torch.randn(2000, width))
    assert 0.7 < float(out.std()) < 1.4


def test_every_place_is_another():
    places = positions(bands=8, steps=31, width=96)
    apart = torch.cdist(places, places) + torch.eye(len(places)) * 9
    assert places.shape == (248, 96)
    assert float(apart.min()) > 0.1


def test_places_follow_the_order_of_tokens_which_is_band_by_band():
    """Steps 0 and 1 of band 0 share the band's half, and band 1 at step 0 the step's half."""
    places = positions(bands=3, steps=4, width=8)
    assert torch.equal(places[0, 4:], places[1, 4:])
    assert torch.equal(places[0, :4], places[4, :4])
    assert not torch.equal(places[0, :4], places[1, :4])


def test_a_network_hears_the_order_of_sounds_before_any_training():
    model = small_ast(96)
    sound = torch.randn(1, 64, 128)
    with torch.inference_mode():
        said, turned = (model(input_values=x).logits for x in (sound, torch.roll(sound, 16, dims=1)))
    assert not torch.allclose(said, turned, atol=1e-3)
