"""A lake in a bucket whose server goes away, takes half an upload, loses its answers, or tells of yesterday."""

import os
import random
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from dagster_and.foundation.errors import UserError
from dagster_and.lake.storage import Bucket
from deploy import cluster
from tests.end_to_end.conftest import House
from tests.faults import trying
from tests.faults.s3_proxy import FAULTS, S3Proxy, between
from tests.faults.trying import Tried, differences, ended_well, finished

PATIENCE_S = 8.0
VERSIONS = 4
BYTES = 50_000


def buckets(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """Files are written, listed and read while every so many requests fail in one way, or all of them do.

    What is read is a version that somebody has written, whole; after a write that ended well it is that one.
    """
    with cluster.s3(place / "s3") as bucket, between(bucket.server.address) as proxy:
        os.environ |= {**bucket.environment, "AWS_ENDPOINT_URL": proxy.address}
        for fault in FAULTS[: times or None]:
            for every in (4, 1):
                proxy.fault = lambda *asked, every=every, fault=fault: fault if asked[2] % every == 0 else None
                name = f"{fault}, {'all' if every == 1 else f'one in {every}'} requests"
                storage = Bucket(bucket.url(uuid.uuid4().hex), place / "cache" / uuid.uuid4().hex, PATIENCE_S)
                yield Tried("bucket", name, *_written_and_read(storage, proxy, chance))


def outages(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """A whole run from whose lake the server goes away at a random moment, for seconds."""
    calm, length_s = trying.calm()
    for number in range(times):
        with cluster.s3(place / f"s3-{number}") as bucket:
            os.environ |= bucket.environment
            house = House(place / f"home-{number}", bucket.url(f"lake-{number}"))  # a process opens an address once
            house.add("tiny")
            process = house.start("run", "tiny")
            moment, seconds = chance.uniform(1, length_s), chance.uniform(1, 15)
            time.sleep(moment)
            bucket.server.kill()
            time.sleep(seconds)
            bucket.server.start()
            holds, outcome = ended_well(finished(process))
            if holds:
                unequal = [name for name in differences(house, calm) if "rows" not in name]
                holds, outcome = not unequal, f"differ: {unequal}" if unequal else "all tables equal"
            yield Tried("bucket", f"the server away for {seconds:.0f} s, after {moment:.0f} s", holds, outcome)


def _written_and_read(storage: Bucket, proxy: S3Proxy, chance: random.Random) -> tuple[bool, str]:
    """Whether all ended as it should, and in words."""
    written: dict[str, list[bytes]] = {}
    faults, sentences, done = [], [], 0
    befallen = proxy.befallen
    for version in range(VERSIONS):
        name = f"table/dissection={version % 2}/part-0.parquet"
        content = chance.randbytes(BYTES)
        sure = False
        written.setdefault(name, []).append(content)
        try:
            with storage.writing(name) as path:
                path.write_bytes(content)
            sure = True
            fresh = Bucket(storage.url, storage.cache.with_name(uuid.uuid4().hex), storage.patience_s)
            read = fresh.fetch(name).read_bytes()
            if read != content:
                faults.append(
                    f"version {version} was written, and {'another' if read in written[name] else 'none'} read"
                )
            known = set(fresh.names("table"))
            if not known <= set(written):
                faults.append(f"listed: {known}")
            done += 1
        except (UserError, FileNotFoundError) as error:
            if isinstance(error, FileNotFoundError) and sure:
                faults.append(f"version {version} was written, and nothing found")
            sentences.append(str(error))
            if storage.patience_s and proxy.befallen and len(sentences) > 1:
                break
        except Exception as error:
            faults.append(f"{type(error).__name__}: {str(error)[:150]}")
    proxy.fault = lambda *_: None
    for name, versions in written.items():
        after = Bucket(storage.url, storage.cache.with_name(uuid.uuid4().hex), storage.patience_s).fetch(name)
        if after.exists() and after.read_bytes() not in versions:
            faults.append(f"{name} holds what nobody has written")
    told = f"; {sentences[0][:160]}" if sentences else ""
    befell = proxy.befallen - befallen
    return not faults, "; ".join(faults) or f"{done} of {VERSIONS} versions written and read, {befell} faults{told}"
