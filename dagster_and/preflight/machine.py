"""What a machine has of all that the house may need, and how to get what it lacks."""

import os
import shlex
import shutil
import socket
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from packaging.requirements import Requirement

from dagster_and.devices.choosing import placement_of
from dagster_and.dissection import Compute, Dissection, LlmDescriber, LlmServer, load_all
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY, Home

Status = Literal["ok", "missing", "optional"]
OLDEST = (3, 11)
ROOM_NEEDED = 2 << 30
PATIENCE_S = 3.0
EXTRAS = {
    "cluster": "past one machine",
    "slurm": "Dask on Slurm",
    "kubernetes": "Dask on Kubernetes",
    "dev": "the tests",
}
"""Extras of pyproject.toml, and what they are for."""
PROGRAMS = {"dbt": "it builds the warehouse", "duckdb": "the SQL prompt", "dagster": "the UI"}
"""Programs beside Python that come with the packages."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what was found, and the command that gets what is missing."""

    what: str
    status: Status
    said: str
    get: str = ""


def examine(home: Home, *, quick: bool = False) -> list[Finding]:
    """Everything, in the order in which it is needed. Nothing is written.

    Args:
        home: where tables will lie.
        quick: no server is asked, and no library is loaded to look for a GPU.
    """
    found = [python(), *packages(), *programs(), *extras(), chromium(), *place(home)]
    found += [] if quick else [gpu()]
    return [*found, hub_cache(), *servers(home, asks=not quick)]


def python() -> Finding:
    """Whether Python is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= OLDEST:
        return Finding("Python", "ok", version)
    wanted = ".".join(map(str, OLDEST))
    return Finding("Python", "missing", f"{version}, {wanted} or newer is needed", f"make PYTHON=python{wanted} demo")


def packages(file: Path = REPOSITORY / "pyproject.toml") -> Iterator[Finding]:
    """The packages that the house can't do without, at the versions that it was tried with."""
    wanted = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"]
    wrong = lacking(wanted)
    if not wrong:
        yield Finding("packages", "ok", f"all {len(wanted)} at their versions")
    for said, requirement in wrong:
        yield Finding("package", "missing", said, pip(requirement))


def programs(folder: Path | None = None) -> Iterator[Finding]:
    """Programs that are called by their names, beside the Python that runs this."""
    beside = folder or Path(sys.executable).parent
    for name, why in PROGRAMS.items():
        if not (beside / name).exists():
            yield Finding(name, "missing", f"not in {beside} ({why})", pip_house())


def extras(file: Path = REPOSITORY / "pyproject.toml") -> Iterator[Finding]:
    """What only some need."""
    groups = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for extra, why in EXTRAS.items():
        own = [text for text in groups.get(extra, ()) if not text.startswith("dagster-and[")]
        wrong = lacking(own)
        if wrong:
            said = f"{', '.join(said for said, _ in wrong)} (for {why})"
            yield Finding(f"extra {extra}", "optional", said, pip_house(extra))
        elif own:
            yield Finding(f"extra {extra}", "ok", f"complete (for {why})")


def lacking(requirements: Sequence[str]) -> list[tuple[str, str]]:
    """Of requirements as pyproject.toml writes them those that are not met: what is wrong, and the requirement."""
    wrong = []
    for text in requirements:
        requirement = Requirement(text)
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append((f"{requirement.name} is not installed", text))
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append((f"{requirement.name} is {version}, not {requirement.specifier}", text))
    return wrong


def pip(requirement: str) -> str:
    """The command that installs one package into the Python that runs this."""
    return f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(requirement)}"


def pip_house(extra: str = "") -> str:
    """The command that installs the house, or one of its extras."""
    where = f"{REPOSITORY}[{extra}]" if extra else str(REPOSITORY)
    return f"{shlex.quote(sys.executable)} -m pip install --editable {shlex.quote(where)}"


def chromium() -> Finding:
    """A browser that the tests of pages drive."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return Finding("chromium", "ok", path)
    return Finding("chromium", "optional", "not here (tests of the pages need it)", "apt-get install chromium")


def place(home: Home) -> Iterator[Finding]:
    """Whether the home can be written, and how much room its disk has."""
    there = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        yield Finding("AND_HOME", "ok", f"{home.root} can be written")
    else:
        yield Finding(
            "AND_HOME", "missing", f"nothing can be written at {home.root}", "export AND_HOME=/a/folder/of/yours"
        )
    free = shutil.disk_usage(there).free
    said = f"{free / (1 << 30):.1f} GiB free at {there}"
    if free >= ROOM_NEEDED:
        yield Finding("disk", "ok", said)
    else:
        yield Finding(
            "disk", "missing", f"{said}, {ROOM_NEEDED >> 30} GiB are little", "export AND_HOME=/a/larger/disk"
        )


def gpu() -> Finding:
    """Where networks would run."""
    try:
        placement = placement_of(Compute())
    except UserError as error:
        return Finding("device", "missing", str(error), "unset AND_DEVICE")
    if placement.device == "cpu":
        return Finding("device", "ok", "no GPU that PyTorch can use; networks run on the CPU")
    return Finding("device", "ok", placement.in_words)


def hub_cache() -> Finding:
    """Where checkpoints of the hub are kept, and how many are there."""
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE)
    models = len(list(folder.glob("models--*"))) if folder.is_dir() else 0
    offline = ", HF_HUB_OFFLINE is set: nothing else is fetched" if constants.HF_HUB_OFFLINE else ""
    return Finding("hub cache", "ok", f"{models} models in {folder}{offline}")


def servers(home: Home, *, asks: bool = True) -> Iterator[Finding]:
    """The LLM servers that dissections name: whether they are set up, and whether somebody answers there."""
    good, _ = load_all(home)
    named: dict[tuple[str, str], list[str]] = {}
    sections: dict[tuple[str, str], LlmServer] = {}
    for name, dissection in good.items():
        for section in _sections(dissection):
            key = (section.base_url, section.model)
            named.setdefault(key, []).append(name)
            sections[key] = section
    if not named:
        yield Finding("LLM", "ok", "no dissection names a server; the embedded describer needs none")
    for key, names in named.items():
        yield _server(sections[key], ", ".join(names), asks=asks)


def _sections(dissection: Dissection) -> list[LlmServer]:
    describer = dissection.describer if isinstance(dissection.describer, LlmDescriber) else None
    return [section for section in (describer, dissection.captions.llm) if section is not None]


def _server(section: LlmServer, names: str, *, asks: bool) -> Finding:
    what = f"LLM of {names}"
    try:
        url, model = section.resolved_url(), section.resolved_model()
    except UserError as error:
        return Finding(what, "missing", str(error).rstrip("."), "export it")
    parts = urlsplit(url)
    key = "" if os.environ.get(section.api_key_env) else f"; {section.api_key_env} is not set, which some servers need"
    if not asks:
        return Finding(what, "ok", f"{model} at {url}, not asked{key}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=PATIENCE_S).close()
    except OSError as error:
        said = f"nobody answers at {url} ({error.strerror or error})"
        return Finding(what, "missing", said, "start the server, or mend base_url")
    return Finding(what, "ok", f"{model} at {url} answers{key}")
