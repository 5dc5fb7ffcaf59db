"""`shuke audit`: who read, exported, erased or changed what, and whether the log is whole."""

from typing import Annotated

import typer

BROKEN = 1

app = typer.Typer(no_args_is_help=True, help="Read and check the audit log.")


@app.command("verify")
def verify(
    head: Annotated[
        str | None,
        typer.Option(help="A head noted earlier; the log must still hold it."),
    ] = None,
) -> None:
    """Follow the chain of the log and name the first line that is not as it was written.

    Lines cut off at the end leave no gap: note the head this prints, elsewhere, and give it back.
    """
    from service.bootstrap import build
    from shuke.show import line

    verdict = build().audit.verify(head)
    if verdict.broken is not None:
        line(f"The audit log is broken at line {verdict.broken}: {verdict.why}.")
        raise typer.Exit(BROKEN)
    line(f"The audit log is whole: {verdict.lines:,} lines, head {verdict.head}")


@app.command("list")
def list_lines(
    limit: Annotated[int, typer.Option(min=1, help="How many, at most.")] = 20,
    customer: Annotated[str | None, typer.Option(help="Only lines about this customer.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action, such as export.")] = None,
) -> None:
    """List the newest lines."""
    from rich.markup import escape

    from service.audit_chain import named
    from service.bootstrap import build
    from shuke.show import table

    subject = named("customer", customer) if customer else None
    with build().records.transaction(read_only=True) as work:
        lines = work.audit.newest(limit, subject=subject, action=action)
    rows = [
        (
            each.seq,
            f"{each.at:%Y-%m-%d %H:%M:%S}",
            each.who,
            each.role,
            each.action,
            each.subject or "",
            each.route,
            escape(each.details),
        )
        for each in lines
    ]
    columns = ("line", "at", "who", "role", "action", "subject", "through", "details")
    table("Audit log", columns, rows)
