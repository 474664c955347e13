"""The describers are asked as the LLM room is: the same servers, the same empty home."""

from tests.llm.conftest import _no_key, home, open_describer, serve

__all__ = ["_no_key", "home", "open_describer", "serve"]
