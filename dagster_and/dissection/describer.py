"""Section ``describer``: who puts into words what a neuron's clips have in common."""

import os
import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from dagster_and.dissection.section import Filled, Section
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.texts import whole

_VARIABLE = re.compile(r"\$\{(\w+)\}")


class LlmServer(Section):
    """An OpenAI-compatible server, one of its models, and how it is asked. The key is never written down here."""

    base_url: Filled = Field(
        description="Root of the API, such as http://127.0.0.1:8099/v1; ${NAME} is replaced by an environment variable."
    )
    model: Filled = Field(description="The model's name at that server; ${NAME} is replaced likewise.")
    api_key_env: str = Field(
        default="OPENAI_API_KEY",
        description="Environment variable that holds the key; leave it unset for a server that needs none.",
    )
    temperature: float = Field(default=0.0, ge=0, le=2, description="Sampling temperature of the first attempt.")
    retry_temperature: float = Field(
        default=0.7,
        ge=0,
        le=2,
        description="Temperature of further attempts: at 0 another seed would only give the same answer again.",
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 100, description="Seed of the first attempt; each further adds one.")
    max_tokens: int = Field(default=400, ge=8, le=32768, description="Longest answer in tokens; a longer one is cut.")
    max_attempts: int = Field(
        default=3, ge=1, le=20, description="Answers asked for before a request is left without a usable one."
    )
    mode: Literal["live", "batch", "file"] = Field(
        default="live",
        description="live: call by call; batch: files of questions through /files and /batches, answered within a day, "
        "at OpenAI and its like for half the price; file: the same files in a folder, for `vllm run-batch`.",
    )
    concurrency: int = Field(default=4, ge=1, le=256, description="Calls in flight at a time.")
    timeout_s: float = Field(default=120.0, gt=0, le=3600, description="Seconds without a byte before a call is lost.")
    max_retries: int = Field(
        default=5, ge=0, le=20, description="Calls repeated after 429, 5xx, a timeout or a cut connection."
    )
    backoff_s: float = Field(
        default=1.0, ge=0.01, le=60, description="Pause before the first repeat; it doubles. Retry-After is honoured."
    )
    longest_wait_s: float = Field(
        default=300.0, gt=0, le=86400, description="If the server asks for a longer pause than this, the run stops."
    )
    usd_per_million_prompt_tokens: float | None = Field(
        default=None, ge=0, le=1e9, description="Price, for the cost in the ledger; unknown by default."
    )
    usd_per_million_completion_tokens: float | None = Field(
        default=None, ge=0, le=1e9, description="Price, for the cost in the ledger; unknown by default."
    )
    batch_discount: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="Share of both prices that a server takes off in mode: batch; 0.5 at OpenAI.",
    )
    max_calls: int | None = Field(
        default=None,
        ge=0,
        lt=2**63,
        description="Ceiling of calls of this dissection to this model, all runs together.",
    )
    max_cost_usd: float | None = Field(
        default=None, ge=0, le=1e9, description="Ceiling of money likewise; needs both prices."
    )

    @field_validator("api_key_env")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,63}", name):  # a pasted key must not be taken for a name, nor shown
            raise ValueError(
                "not the name of an environment variable (capitals, digits, underscores); "
                "write its name, such as OPENAI_API_KEY, and keep the key itself in the environment"
            )
        return name

    @field_validator("base_url")
    @classmethod
    def _is_a_plain_url(cls, url: str) -> str:
        if not _VARIABLE.search(url):
            _check_url(url)
        return url

    @model_validator(mode="after")
    def _prices_go_with_a_ceiling(self) -> "LlmServer":
        prices = (self.usd_per_million_prompt_tokens, self.usd_per_million_completion_tokens)
        if (prices[0] is None) != (prices[1] is None) or (self.max_cost_usd is not None and None in prices):
            raise ValueError(
                "prices come in pairs, and max_cost_usd needs them; "
                "write both usd_per_million_prompt_tokens and usd_per_million_completion_tokens"
            )
        return self

    @model_validator(mode="after")
    def _a_batch_has_its_own_price(self) -> "LlmServer":
        if self.mode == "batch" and self.usd_per_million_prompt_tokens is not None and self.batch_discount is None:
            raise ValueError(
                "mode is batch and there are prices, so batch_discount is needed; write 0.5 where a batch costs half "
                "of them, as at OpenAI, or 0 where they are what a batch costs"
            )
        if self.mode != "batch" and self.batch_discount is not None:
            raise ValueError("batch_discount belongs to mode: batch; write both or neither")
        return self

    def resolved_url(self) -> str:
        """``base_url`` with environment variables filled in, without a slash at the end.

        Raises:
            UserError: a variable is not set, or what comes out is not the URL of an API.
        """
        url = _filled(self.base_url, "base_url")
        try:
            _check_url(url)
        except ValueError as error:
            raise UserError(f"base_url: {error}.") from None
        return url.rstrip("/")

    def resolved_model(self) -> str:
        """``model`` with environment variables filled in.

        Raises:
            UserError: a variable is not set, or holds nothing but blanks.
        """
        model = _filled(self.model, "model")
        if not model.strip():
            raise UserError(f"model is {self.model!r}, which is blank once it is filled in: write the model's name.")
        return model


class CountingDescriber(Section):
    """The embedded describer: counts what the captions share. No LLM, no key, no network."""

    kind: Literal["counting"] = Field(default="counting", description="counting: embedded; llm: any compatible API.")


class LlmDescriber(LlmServer):
    """Any LLM behind an OpenAI-compatible API."""

    kind: Literal["llm"] = Field(description="counting: embedded; llm: any compatible API.")


def _filled(text: str, field: str) -> str:
    for name in _VARIABLE.findall(text):
        if not os.environ.get(name):
            raise UserError(f"{field} is {text!r}, but the environment variable {name} is not set: export {name}=...")
    return whole(_VARIABLE.sub(lambda match: os.environ[match[1]], text))


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_plain = False
        parts = urlsplit("")
    is_plain = is_plain and url.isprintable() and not any(map(str.isspace, url))
    if not is_plain or parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            "not the plain URL of an API; write it as in https://api.openai.com/v1, without blanks, name, password or "
            "query"
        )
