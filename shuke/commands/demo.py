"""`shuke demo`: the whole way once, on real data."""

from typing import Annotated

import typer


def demo(
    serve: Annotated[bool, typer.Option(help="Serve the API at the end, until Ctrl-C.")] = True,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    households: Annotated[
        int | None, typer.Option(min=1, help="Only the first N households; all without it.")
    ] = None,
) -> None:
    """Import real receipts, build features, train, score, route, report, serve."""
    from shuke.demo import run

    app = run(households)
    if serve:
        from shuke.serving import listen

        listen(app, host, port)
