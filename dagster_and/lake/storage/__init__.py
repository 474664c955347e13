"""Where files lie: in a folder of this machine (:mod:`folder`), or beyond a URL (:mod:`bucket`)."""

from dagster_and.lake.storage.bucket import Bucket
from dagster_and.lake.storage.folder import Folder
from dagster_and.lake.storage.storage import Storage

__all__ = ["Bucket", "Folder", "Storage"]
