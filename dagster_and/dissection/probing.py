"""Section ``probing``: which sounds the target is asked about."""

import os
import re
from pathlib import Path
from typing import Literal

from pydantic import Field

from dagster_and.dissection.section import Section
from dagster_and.errors import UserError


class SoundBank(Section):
    """The embedded probing set: ten everyday sound classes, synthesised."""

    layout: Literal["soundbank"]
    clips_per_class: int = Field(
        default=24, ge=5, le=1000, description="Clips synthesised for each of the ten classes."
    )
    seed: int = Field(default=0, ge=0, description="Seed of the generators; equal seeds give equal files.")
    window_s: float = Field(default=2.0, gt=0, le=60, description="Length of every clip in seconds.")


class FolderLayout(Section):
    """Sounds in a folder: ESC-50's published layout, or one folder a class."""

    layout: Literal["esc50", "folder"]
    path: str = Field(
        description="The set's folder: for esc50 the one that holds audio/ and meta/esc50.csv; for folder the one that "
        "holds one folder a class. $NAME and ${NAME} are replaced by environment variables; "
        "a relative path starts at this file's folder."
    )
    window_s: float = Field(default=5.0, gt=0, le=60, description="What the target hears of a clip, in seconds.")

    def root(self) -> Path:
        """The folder with environment variables filled in.

        Raises:
            UserError: a variable is not set, or there is no such folder.
        """
        missing = [name for name in re.findall(r"\$\{?(\w+)\}?", self.path) if name not in os.environ]
        if missing:
            raise UserError(
                f"probing.path is {self.path!r}, but the environment variable {missing[0]} is not set: "
                f"set it to the folder of the sounds, as in `export {missing[0]}=/path/to/folder`."
            )
        root = Path(os.path.expandvars(self.path)).expanduser().absolute()
        if not root.is_dir():
            raise UserError(f"probing.path is {self.path!r}, but there is no folder {root}: write an existing one.")
        return root
