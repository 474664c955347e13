"""Every page in its place below one folder: docs/, what of the house it links to, and the reference."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from dagster_and.foundation.home import REPOSITORY
from manual.diagram import drawn
from manual.reference import PAGES

DOCS = REPOSITORY / "docs"
AT_THE_TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")
OUTSIDE = re.compile(r"(?<=\]\()https?:[^)\s]+")
CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
SHOWN = {".py": "python", ".yaml": "yaml", ".toml": "toml"}
"""Files that get a page of their own, since a browser would keep them instead."""


class DeadLinkError(Exception):
    """Pages link to what is not there."""


def assemble(folder: Path) -> list[str]:
    """Write all pages and pictures of the manual below a folder that is not there yet; the pages' places in it.

    Raises:
        DeadLinkError: pages link to files that are not there; every such link.
    """
    if dead := [f"{name}: {link}" for name, link in dead_links()]:
        raise DeadLinkError(f"What these links lead to is not there: {'; '.join(dead)}.")
    for file in files():
        target = folder / place(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".md":
            target.write_text(_page(file), encoding="utf-8")
        else:
            shutil.copyfile(file, target)
    for name, page in PAGES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(page(), encoding="utf-8")
    return sorted(str(page.relative_to(folder)) for page in folder.rglob("*.md"))


def files() -> list[Path]:
    """The files that the manual takes over: docs/, the pages at the top, and whatever these link to."""
    found = [*(file for file in sorted(DOCS.rglob("*")) if file.is_file()), *(REPOSITORY / name for name in AT_THE_TOP)]
    for file in found:  # grows on the way
        found += [to for link in links(file) if (to := leads_to(file, link)).is_file() and to not in found]
    return found


def dead_links() -> list[tuple[str, str]]:
    """Links of the pages to what the manual has not got: a page's place in the repository, and the link."""
    linked = [(file, link, leads_to(file, link)) for file in files() for link in links(file)]
    dead = [(file, link) for file, link, to in linked if not (to.is_file() or _is_made(to))]
    return [(str(file.relative_to(REPOSITORY)), link) for file, link in dead]


def outside_links() -> list[tuple[str, str]]:
    """Links of the pages to other sites: a page's place in the repository, and the link."""
    return [(str(file.relative_to(REPOSITORY)), link) for file in files() for link in links(file, OUTSIDE)]


def links(file: Path, kind: re.Pattern[str] = LINK) -> Iterator[str]:
    """What a page links to, as it stands there: places in the repository without their anchors, or another kind. None
    of those within code.
    """
    if file.suffix == ".md":
        for text in CODE.split(file.read_text(encoding="utf-8"))[::2]:
            yield from kind.findall(text)


def leads_to(file: Path, link: str) -> Path:
    """The file that a link of a page means."""
    return Path(os.path.normpath(file.parent / link))


def place(file: Path) -> str:
    """Where a file of the repository stands in the manual: docs/ at the top, all else below ``house``."""
    if file.is_relative_to(DOCS):
        return str(file.relative_to(DOCS))
    inside = file.relative_to(REPOSITORY)
    name = {"README.md": "readme.md"}.get(file.name, f"{file.name}.md" if file.suffix in SHOWN else file.name)
    return str("house" / inside.with_name(name))


def _is_made(file: Path) -> bool:
    return file.is_relative_to(DOCS) and place(file) in PAGES


def _page(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    if file.suffix in SHOWN:
        return f"# {file.name}\n\n```{SHOWN[file.suffix]}\n{text}```\n"
    here = Path(place(file)).parent
    parts = CODE.split(text)
    parts[::2] = [LINK.sub(lambda found: os.path.relpath(place(leads_to(file, found[1])), here), p) for p in parts[::2]]
    return drawn("".join(parts))
