"""`shuke`, the front door: one command for every step, heavy imports only inside the steps."""

import sys

import typer
from rich.console import Console

from features.errors import ShukeError
from shuke.commands import (
    audit,
    contacts,
    customers,
    data,
    demo,
    features,
    keys,
    models,
    monitor,
    openapi,
    plan,
    score,
    serve,
    train,
    users,
    webhooks,
    worker,
)

BAD_INPUT = 2

app = typer.Typer(
    name="shuke",
    help="Shuke 熟客: who your regulars are, who is about to leave, which lead to call, and why.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog="All state lives under one folder: SHUKE_HOME, default ./var.",
)

START, BUILD, USE, WATCH = "Start here", "Build", "Use", "Watch and govern"

app.command("demo", rich_help_panel=START)(demo.demo)
app.add_typer(data.app, name="import", rich_help_panel=START)
app.add_typer(data.data, name="data", rich_help_panel=START)
app.add_typer(features.app, name="features", rich_help_panel=BUILD)
app.command("train", rich_help_panel=BUILD)(train.train)
app.command("nightly", rich_help_panel=USE)(score.nightly)
app.command("score", rich_help_panel=USE)(score.score)
app.command("what-if", rich_help_panel=USE)(score.what_if)
app.command("serve", rich_help_panel=USE)(serve.serve)
app.add_typer(worker.app, name="worker", rich_help_panel=USE)
app.add_typer(webhooks.app, name="webhooks", rich_help_panel=USE)
app.command("openapi", rich_help_panel=USE)(openapi.openapi)
app.add_typer(plan.app, name="plan", rich_help_panel=USE)
app.add_typer(keys.app, name="keys", rich_help_panel=USE)
app.add_typer(users.app, name="users", rich_help_panel=USE)
app.add_typer(contacts.app, name="contacts", rich_help_panel=USE)
app.add_typer(customers.app, name="customers", rich_help_panel=WATCH)
app.add_typer(audit.app, name="audit", rich_help_panel=WATCH)
app.add_typer(models.app, name="models", rich_help_panel=WATCH)
app.command("drift", rich_help_panel=WATCH)(monitor.drift)
app.command("mlflow", rich_help_panel=WATCH)(serve.mlflow)


def main() -> None:
    """Run the command line; an error made on purpose is printed, not raised.

    Exit codes: 0 done, 1 the answer is bad news (drift, data check), 2 bad input or something to do
    first.
    """
    try:
        app()
    except ShukeError as error:
        console = Console(stderr=True, highlight=False)
        console.print(f"[bold red]{error.code}[/] {error.what}", soft_wrap=True)
        if error.where:
            console.print(f"  where: {error.where}", soft_wrap=True, markup=False)
        if error.todo:
            console.print(f"  what to do: {error.todo}", soft_wrap=True, markup=False)
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
