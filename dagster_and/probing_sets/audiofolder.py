"""An audiofolder of ``datasets``, read without torchcodec: its own builder asks for it though paths need no encoder."""

from pathlib import Path
from typing import Any

import datasets
from datasets.data_files import DataFilesDict, get_data_patterns
from datasets.packaged_modules.audiofolder.audiofolder import AudioFolder

from dagster_and.audio.reading import SUFFIXES


class _Paths(datasets.Audio):
    """Sounds that are known by their paths."""

    def encode_example(self, value: Any) -> dict[str, Any]:
        return {"bytes": None, "path": value}


class _Folder(AudioFolder):
    def _base_feature(self) -> datasets.Audio:
        return _Paths(decode=False)


def is_audiofolder(folder: Path) -> bool:
    """Whether a folder holds sounds as files, and no tables but those that describe them."""
    tables = [p for suffix in ("parquet", "arrow") for p in folder.rglob(f"*.{suffix}") if p.stem != "metadata"]
    return not tables and any(p.suffix.lower() in SUFFIXES for p in folder.rglob("*"))


def load(folder: Path, config: str | None, cache: Path) -> datasets.DatasetDict:
    """All splits of a local audiofolder, with sounds by their paths."""
    patterns = get_data_patterns(str(folder))  # its splits, as load_dataset finds them
    files = DataFilesDict.from_patterns(patterns, base_path=str(folder))
    builder = _Folder(cache_dir=str(cache), config_name=config, data_files=files)
    builder.download_and_prepare()
    splits = builder.as_dataset()
    assert isinstance(splits, datasets.DatasetDict)  # without a split it gives all of them
    return splits
