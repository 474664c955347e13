"""The explorer as a web application: what lies at which address, in which words it is shown, what it refuses."""

from collections.abc import Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from dagster_and.explorer.guard import Guard
from dagster_and.explorer.meaning import Meaning
from dagster_and.explorer.pages import Pages
from dagster_and.explorer.sounds import Sounds
from dagster_and.explorer.views import Views
from dagster_and.explorer.warehouse import NotThereError, NoWarehouseError, Warehouse
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.shared import Shared

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

STATIC = Path(__file__).with_name("static")
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
FOLLOW_EVERY_S = 20.0
"""How long a warehouse that another home has published to a bucket may wait to be shown."""


def create_app(home: Home, hosts: Sequence[str] = LOOPBACK) -> "Starlette":
    """The application on one home.

    Args:
        home: whose warehouse, lake, sounds and reports are shown; only its cache is written.
        hosts: names that a request may call this server by; ``*``: any. A page of another site that points its own name
            at this machine is refused so.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    shared, sounds = Shared.of(home), Sounds()
    _follow(shared, home)
    pages = Pages(Warehouse(home.warehouse), Views(home), Meaning(home.cache / "embeddings", shared), sounds)

    @asynccontextmanager
    async def lifespan(_: Starlette):
        ended = Event()
        if shared.bucket:  # a thread that Ctrl-C need not wait for, while it waits for the bucket's server
            Thread(target=_keep_following, args=(shared, home, ended), daemon=True).start()
        yield
        ended.set()
        sounds.close()

    def missing(request: "Request", error: Exception) -> "Response":
        return pages.message(request, "Not there", str(error), 404)

    def unready(request: "Request", error: Exception) -> "Response":
        return pages.message(request, "No warehouse yet", str(error), 503)

    def unreadable(request: "Request", error: Exception) -> "Response":
        return pages.message(request, "The warehouse can't be read now", str(error), 503)

    def refused(request: "Request", error: Exception) -> "Response":
        assert isinstance(error, HTTPException)
        return pages.message(request, error.detail, "There is no page at this address.", error.status_code)

    of = "/d/{dissection}"
    routes = [
        Route("/", pages.home, name="home"),
        Route("/figures", pages.figures, name="figures"),
        Route("/figures/{file}", pages.figure, name="figure"),
        Route("/compare/{first}/{second}", pages.compare, name="compare"),
        Route(of, pages.overview, name="overview"),
        Route(f"{of}/neurons", pages.neurons, name="neurons"),
        Route(f"{of}/neurons/{{number:int}}", pages.neuron, name="neuron"),
        Route(f"{of}/neurons/{{number:int}}/alike", pages.alike, name="alike"),
        Route(f"{of}/concepts/{{number:int}}", pages.concept, name="concept"),
        Route(f"{of}/clips/{{number:int}}", pages.clip, name="clip"),
        Route(f"{of}/clips/{{number:int}}/sound", pages.sound, name="sound"),
        Route(f"{of}/clips/{{number:int}}/waveform", pages.waveform, name="waveform"),
        Route(f"{of}/clips/{{number:int}}/spectrogram", pages.spectrogram, name="spectrogram"),
        Mount("/static", StaticFiles(directory=STATIC), name="static"),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard), Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
        exception_handlers={
            NotThereError: missing,
            NoWarehouseError: unready,
            HTTPException: refused,
            UserError: unreadable,
        },
        lifespan=lifespan,
    )


def _follow(shared: Shared, home: Home) -> None:
    shared.follow([home.warehouse])
    shared.follow_all(home.reports)


def _keep_following(shared: Shared, home: Home, ended: Event) -> None:
    """What other homes publish is shown here, too; while their server is away, what came last is."""
    while not ended.wait(FOLLOW_EVERY_S):
        with suppress(UserError):
            _follow(shared, home)
