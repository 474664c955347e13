"""Running a dissection from a notebook: by the command, in a process of its own, which leaves the kernel as it was."""

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from typing import Any

from dagster_and.dissection import find, keep, load_text, place_of, text_of
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY, Home

COMMAND = "from dagster_and.cli import app; app()"
REMEMBERED = 40
PATIENCE_S = 60.0
"""How long a run that is stopped may take to end well."""


def kept(settings: Mapping[str, Any], name: str | None, home: Home, *, replace: bool) -> str:
    """Keep settings as a dissection file, once they have passed every check; the dissection's name.

    Raises:
        UserError: they are wrong, or a file of that name says something else and is not to be replaced.
    """
    from dagster_and.preflight.checking import check

    called = settings.get("name", name)
    if not isinstance(called, str) or name not in (None, called):
        raise UserError("The settings need one name: write it as their key name, as in {'name': 'my-sounds', ...}.")
    path, text = place_of(called, home), text_of({"name": called, **settings})
    check(load_text(text, path), home)
    if not replace and path.exists() and path.read_text(encoding="utf-8") != text:
        raise UserError(f"{path} says something else: write another name, or replace=True to overwrite it.")
    keep(path, text)
    return called


def run(name: str, home: Home) -> None:
    """``dissect run NAME``, its account printed as it goes on. An interrupt stops it; what was finished is kept.

    Raises:
        UserError: the dissection is wrong, or its run did not end well.
    """
    from dagster_and.preflight.checking import check

    check(find(name, home), home)
    environment = os.environ | {"AND_HOME": str(home.root), "PYTHONUNBUFFERED": "1"}
    said: deque[str] = deque(maxlen=REMEMBERED)
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "run", name], cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, encoding="utf-8", start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
                said.append(line)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)
            raise
    if process.returncode:
        errors = [line.removeprefix("error: ").strip() for line in said if line.startswith("error: ")]
        raise UserError(errors[-1] if errors else f"{name} was not dissected: what is printed above says why.")
