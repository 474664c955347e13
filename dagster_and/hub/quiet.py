"""transformers without its bars and notices: what matters becomes an error of ours."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence transformers while it loads or builds, and the one warning that AST's published filters raise."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from transformers.utils import logging as transformers_logging

    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.CRITICAL)
    transformers_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # 128 bands over 257 bins leave the lowest band empty; the published networks were trained with it
            warnings.filterwarnings("ignore", message="At least one mel filter has all zero values")
            yield
    finally:
        transformers_logging.set_verbosity(level)


@contextmanager
def quiet_forward() -> Iterator[None]:
    """Silence what torch says of masks that WavLM in transformers hands it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Support for mismatched key_padding_mask and attn_mask")
        yield
