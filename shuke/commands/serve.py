"""`shuke serve` and `shuke mlflow`: the API, and MLflow's pages on the same store."""

from typing import Annotated

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve what `shuke demo` made, its key and all.")
    ] = False,
) -> None:
    """Serve the scoring API until Ctrl-C; the OpenAPI page is at /docs.

    It does not start with a secret that is a sample or weak, nor with the key of the demo.
    """
    from service.bootstrap import build
    from shuke.secrets import require_no_demo, require_secrets
    from shuke.serving import listen
    from shuke.show import line

    if demo:
        line("Serving the demo: its secrets are for the demo only.")
    else:
        require_secrets()
    app = build()
    if not demo:
        require_no_demo(app)
    listen(app, host or app.settings.host, port or app.settings.port)


def mlflow(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 5000,
) -> None:
    """Open MLflow's pages on the same store, on loopback, until Ctrl-C."""
    from models_registry.pages import run_pages
    from models_registry.settings import Settings

    run_pages(Settings(), port)
