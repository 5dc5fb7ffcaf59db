"""The API over a socket: in this process, or in several below one parent."""

import os
import signal
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from service.bootstrap import App
    from service.worker import Endless

_SILENT_SECONDS = 60  # a worker that does not even say that it lives for so long is replaced


def listen(app: "App", host: str, port: int) -> None:
    """Serve the API until Ctrl-C or SIGTERM; then requests under way end, and what is done aside.

    With one worker this process answers and does what no process of its own does besides. With
    more it answers nothing: it keeps the workers alive and does the rest, once.
    """
    import uvicorn

    from service.api.app import create_app
    from service.api.serving import options
    from service.logs import configure_logs
    from service.memory import settle
    from service.worker import all_in_background
    from shuke.show import line

    settings = app.settings
    settle()
    told = {
        **options(app.policies.serving),
        "host": host,
        "port": port,
        "timeout_graceful_shutdown": settings.shutdown_seconds,
    }
    line(f"Serving http://{host}:{port} (OpenAPI page: /docs); Ctrl-C stops it")
    if settings.workers == 1:
        uvicorn.run(create_app(app, *_aside(app)), **told)
        return
    configure_logs()
    with all_in_background(*_aside(app)):
        uvicorn.run(
            f"{__name__}:{worker.__name__}",
            factory=True,
            workers=settings.workers,
            timeout_worker_healthcheck=_SILENT_SECONDS,
            **told,
        )


def worker() -> "FastAPI":
    """Return the application of one worker, which ends with its parent, however that ends."""
    from service.api.app import create_app
    from service.bootstrap import build
    from service.memory import settle

    Thread(target=_end_with_parent, name="shuke-orphan", daemon=True).start()
    app = create_app(build())
    settle()
    return app


def _aside(app: "App") -> tuple["Endless", ...]:
    from service.bootstrap import build_courier, build_job_runner, build_worker

    inline = app.settings.folds_inline
    inline_work = (build_worker(app), build_job_runner(app)) if inline else ()
    return (*inline_work, build_courier(app))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
