"""``python -m manual``: the manual as pages for a browser, in ``build/manual/``. A link that leads nowhere ends it.

python -m manual --outside    # only lists what lies on other sites, page by page
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dagster_and.foundation.home import REPOSITORY
from manual.assembly import DeadLinkError, assemble, outside_links

BUILT = REPOSITORY / "build" / "manual"
ELSEWHERE = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=["']?(https?:[^"'\s>]+)""")
OWN = Path(__file__).parent
NOT_INSTALLED = "The manual is built by zensical, which is not on the PATH: `make docs` installs it for itself."


def main(arguments: Sequence[str]) -> int:
    """List links to other sites where that is asked for, else build."""
    if list(arguments) == ["--outside"]:
        print("\n".join(f"{page}: {link}" for page, link in outside_links()))
        return 0
    if arguments:
        print(f"There is no {' '.join(arguments)}: write --outside, or nothing.", file=sys.stderr)
        return 1
    return build()


def build() -> int:
    """Assemble, build, and only then put in place of what was built before."""
    zensical = shutil.which("zensical")
    if zensical is None:
        print(NOT_INSTALLED, file=sys.stderr)
        return 1
    BUILT.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILT.parent, prefix=".manual-") as folder:
        try:
            pages = assemble(Path(folder) / "pages")
        except DeadLinkError as error:
            print(error, file=sys.stderr)
            return 1
        if not _built(zensical, Path(folder)):
            return 1
        if elsewhere := fetched_elsewhere(Path(folder) / "site"):
            print(f"A reader's browser would fetch {', '.join(elsewhere)}: mend manual/zensical.toml.", file=sys.stderr)
            return 1
        if BUILT.exists():
            BUILT.rename(Path(folder) / "before")
        (Path(folder) / "site").rename(BUILT)
    print(f"{len(pages)} pages: open {(BUILT / 'index.html').relative_to(REPOSITORY)}")
    return 0


def fetched_elsewhere(site: Path) -> list[str]:
    """What the pages would have a browser load from other sites: scripts, styles, pictures, fonts."""
    texts = [page.read_text(encoding="utf-8") for page in site.rglob("*.html")]
    return sorted({address for text in texts for address in ELSEWHERE.findall(text)})


def _built(zensical: str, folder: Path) -> bool:
    """Whether zensical made ``site`` of ``pages`` without a warning; what it said where not."""
    shutil.copyfile(OWN / "zensical.toml", folder / "zensical.toml")
    shutil.copyfile(OWN / "manual.css", folder / "pages" / "manual.css")
    done = subprocess.run(
        [zensical, "build", "--strict"], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        print(done.stdout.partition("Traceback (most recent call last)")[0], file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
