"""Progress bars for whatever takes more than two seconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

Advance = Callable[[int], None]


@contextmanager
def bar(title: str, total: int | None = None) -> Iterator[Advance]:
    """Show one bar on stderr while the block runs.

    Parameters
    ----------
    total
        How much there is to do; without it the bar pulses and counts.

    Yields
    ------
    Advance
        Call it with how much was done since the last call.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total)
        yield lambda count: progress.advance(task, count)
        done = progress.tasks[0].completed
        progress.update(task, total=max(done, 1), completed=max(done, 1))
