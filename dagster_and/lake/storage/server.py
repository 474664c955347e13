"""The server behind a URL: opened by fsspec, asked again while it doesn't answer, and what it refuses in a sentence."""

import errno
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.obstacles import FORBIDDEN, NO_ROOM

PATIENCE_S = 60.0
"""How long a server that doesn't answer is asked again."""
LONGEST_PAUSE_S = 8.0
S3 = "s3://"
ASKED_BY: dict[str, dict[str, Any]] = {
    "s3": {
        # asked again by :meth:`Server.asked`, not in the layers below
        "config_kwargs": {"connect_timeout": 5, "read_timeout": 30, "retries": {"total_max_attempts": 1}},
        "default_block_size": 1 << 20,
    },
}
"""Options of fsspec's file systems by their protocol."""
AGAIN_BY_ITSELF = {"mode": "standard", "total_max_attempts": 10}
VARIABLES = (
    "AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_DEFAULT_REGION, AWS_PROFILE"
)
IN_VAIN = ("NoCredentialsError", "PartialCredentialsError", "NoRegionError", "ProfileNotFound", "ParamValidationError")
"""botocore's errors that no waiting mends."""
LONGEST_SAID = 200


@dataclass(frozen=True)
class Server:
    """What answers below a URL.

    Args:
        url: ``s3://bucket/prefix``.
        patience_s: how long it is asked again.
    """

    url: str
    patience_s: float = PATIENCE_S

    def path(self, name: str) -> str:
        """An object's path as fsspec names it."""
        return f"{opened(self.url, os.getpid())[1]}/{name}".rstrip("/")

    def patient_files(self) -> Any:
        """fsspec's file system, which asks again by itself, for whom :meth:`asked` can't do it."""
        return opened(self.url, os.getpid(), is_patient=True)[0]

    def asked(self, ask: Callable[[Any, str], Any], name: str, *, is_there: bool = True) -> Any:
        """What the server answers about an object, asked again where it doesn't.

        Raises:
            FileNotFoundError: there is no such object, and ``is_there``.
            UserError: it doesn't answer, or refuses.
        """
        deadline, pause = time.monotonic() + self.patience_s, 0.1
        while True:
            try:
                files, _ = opened(self.url, os.getpid())
                return ask(files, self.path(name))
            except (UserError, pa.ArrowException):
                raise
            except Exception as error:  # fsspec's file systems each raise their own library's
                if is_there and isinstance(error, FileNotFoundError):
                    raise
                if isinstance(error, OSError) and error.errno in NO_ROOM:
                    raise  # of this machine's disk
                if _is_in_vain(error) or time.monotonic() + pause > deadline:
                    raise self._refusal(error) from error
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _refusal(self, error: Exception) -> UserError:
        said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        said = said if len(said) <= LONGEST_SAID else f"{said[:LONGEST_SAID]}..."
        asked_at = os.environ.get("AWS_ENDPOINT_URL")
        where = f" at {asked_at}" if self.url.startswith(S3) and asked_at else ""
        variables = f", and the variables that say how: {VARIABLES}" if self.url.startswith(S3) else ""
        return UserError(
            f"The lake {self.url}{where} can't be used ({said}): see AND_LAKE{variables}; then give the same command "
            "again, what was finished is kept."
        )


@lru_cache(maxsize=8)
def opened(url: str, process: int, *, is_patient: bool = False) -> tuple[Any, str]:
    """fsspec's file system behind a URL, and the path in it; of each process its own: threads don't survive a fork.

    Args:
        url: of the lake.
        process: its id.
        is_patient: asks again by itself where the server doesn't answer, for whom a :class:`Server` can't do it.

    Raises:
        UserError: nothing that is installed knows such a URL.
    """
    del process
    from fsspec.core import url_to_fs

    protocol = url.split("://", 1)[0]
    options = {"use_listings_cache": False, **ASKED_BY.get(protocol, {})}
    if is_patient and protocol == "s3":
        options["config_kwargs"] = options["config_kwargs"] | {"retries": AGAIN_BY_ITSELF}
    try:
        files, path = url_to_fs(url, skip_instance_cache=True, **options)
    except ImportError as error:
        raise UserError(
            f"The lake {url} needs a library that is not installed ({error}): pip install 'dagster-and[cluster]' "
            "brings the one for s3://."
        ) from None
    except ValueError as error:
        raise UserError(
            f"AND_LAKE is {url}, and nothing knows such a URL ({error}): write s3://bucket/prefix."
        ) from None
    return files, path.rstrip("/")


def _is_in_vain(error: Exception) -> bool:
    """Whether asking again can't help: a refusal, a setting, or a disk of this machine."""
    if isinstance(error, PermissionError | FileNotFoundError | ValueError | TypeError | ImportError):
        return True
    if isinstance(error, OSError) and error.errno in (*FORBIDDEN, errno.ENOSYS):
        return True
    return type(error).__name__ in IN_VAIN
