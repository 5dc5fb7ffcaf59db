"""`shuke webhooks`: who is told what happens, and what became of it."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Send what happens to other systems, signed.")

EndpointId = Annotated[str, typer.Argument(help="Id of the endpoint, from the list.")]


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="Where to send: https://name/path.")],
    event: Annotated[
        list[str] | None, typer.Option(help="Type of event to send; repeatable. All without it.")
    ] = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    allow_private: Annotated[
        bool,
        typer.Option(help="It lies in our own network; needs SHUKE_WEBHOOK_ALLOW_PRIVATE=true."),
    ] = False,
) -> None:
    """Add an endpoint and print its secret, which cannot be shown again."""
    from features.errors import InputError
    from service.audit import at_the_machine
    from service.bootstrap import build
    from service.webhooks.events import EventType

    known = [each.value for each in EventType]
    if unknown := sorted(set(event or []) - set(known)):
        raise InputError(f"No event is called {unknown[0]}", todo=f"Choose of {', '.join(known)}.")
    added = build().webhooks.add(
        at_the_machine("webhooks add"),
        url,
        [EventType(each) for each in event or known],
        description=description,
        allow_private=allow_private,
    )
    typer.echo(f"{added.endpoint.endpoint_id} {added.secret}")


@app.command("list")
def list_endpoints() -> None:
    """List the endpoints, never their secrets."""
    from service.bootstrap import build
    from shuke.show import table

    rows = [
        (
            each.endpoint_id,
            each.url,
            " ".join(each.events),
            "yes" if each.enabled else "no",
            f"{each.old_until:%Y-%m-%d %H:%M}" if each.old_until else "",
            each.description,
        )
        for each in build().webhooks.all()
    ]
    columns = ("id", "url", "events", "enabled", "old secret until", "what for")
    table("Webhooks", columns, rows)


@app.command("rotate")
def rotate(endpoint_id: EndpointId) -> None:
    """Make a new secret and print it; the old one signs beside it for a day."""
    from service.audit import at_the_machine
    from service.bootstrap import build

    typer.echo(build().webhooks.rotate(at_the_machine("webhooks rotate"), endpoint_id).secret)


@app.command("enable")
def enable(endpoint_id: EndpointId) -> None:
    """Let a disabled endpoint be sent events again."""
    _enable(endpoint_id, enabled=True)


@app.command("disable")
def disable(endpoint_id: EndpointId) -> None:
    """Send nothing to an endpoint for now; it misses what happens."""
    _enable(endpoint_id, enabled=False)


@app.command("remove")
def remove(endpoint_id: EndpointId) -> None:
    """Remove an endpoint and all its deliveries."""
    from service.audit import at_the_machine
    from service.bootstrap import build
    from shuke.show import line

    build().webhooks.remove(at_the_machine("webhooks remove"), endpoint_id)
    line(f"{endpoint_id} removed")


@app.command("deliveries")
def deliveries(
    state: Annotated[str | None, typer.Option(help="waiting, delivered or dead.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="Only those to this endpoint.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, at most.")] = 20,
) -> None:
    """List what became of what was sent, the newest first."""
    from service.bootstrap import build
    from service.repository.outbox import Wanted
    from shuke.show import table

    rows = [
        (
            each.delivery_id,
            each.type,
            each.endpoint_id,
            each.state,
            str(each.attempts),
            f"{each.next_at:%Y-%m-%d %H:%M:%S}" if each.ended_at is None else "",
            each.last_error,
        )
        for each in build().webhooks.deliveries(Wanted(state, endpoint), limit=limit)
    ]
    columns = ("id", "event", "endpoint", "state", "attempts", "next attempt", "last error")
    table("Deliveries", columns, rows)


@app.command("replay")
def replay(
    delivery_ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of deliveries; every dead one without it.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Every dead one to this endpoint; not beside ids.")
    ] = None,
) -> None:
    """Try deliveries anew: some by their ids, dead or arrived, or every dead one."""
    from features.errors import InputError
    from service.audit import at_the_machine
    from service.bootstrap import build
    from service.repository.outbox import DEAD, Wanted
    from shuke.show import line

    if delivery_ids and endpoint:
        raise InputError("Ids say which deliveries already", todo="Leave out --endpoint.")
    which = delivery_ids or Wanted(DEAD, endpoint)
    again = build().webhooks.replay(at_the_machine("webhooks replay"), which)
    line(f"{again:,} deliveries will be tried anew")


def _enable(endpoint_id: str, *, enabled: bool) -> None:
    from service.audit import at_the_machine
    from service.bootstrap import build
    from shuke.show import line

    by = at_the_machine(f"webhooks {'enable' if enabled else 'disable'}")
    build().webhooks.enable(by, endpoint_id, enabled=enabled)
    line(f"{endpoint_id} {'enabled' if enabled else 'disabled'}")
