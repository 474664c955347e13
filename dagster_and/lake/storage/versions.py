"""What tells one version of an object from another: its size and ETag, or time where a server has no ETags."""

import hashlib
import os
from pathlib import Path
from typing import Any

PART_BYTES = 32 << 20
"""Of an upload: a larger file goes up in parts, and becomes visible with the last one."""
SAID_OF_A_VERSION = ("ETag", "etag", "LastModified", "mtime", "created")


def facts_of(info: dict[str, Any]) -> str | None:
    """From what fsspec says of an object; None of a folder."""
    if info.get("type") == "directory":
        return None
    version = next((info[key] for key in SAID_OF_A_VERSION if info.get(key)), None)
    return f"{info['size']} {str(version).strip(chr(34))}"


def etag_of(file: Path) -> str:
    """The ETag that S3 gives a file uploaded as ``Bucket.put`` does it, where it is not encrypted by a key."""
    sums = []
    with file.open("rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        is_whole = size < 2 * PART_BYTES  # as s3fs has it
        while part := opened.read(size if is_whole else PART_BYTES):
            sums.append(hashlib.md5(part, usedforsecurity=False))
    if is_whole:
        return (sums[0] if sums else hashlib.md5(b"", usedforsecurity=False)).hexdigest()
    together = hashlib.md5(b"".join(one.digest() for one in sums), usedforsecurity=False)
    return f"{together.hexdigest()}-{len(sums)}"
