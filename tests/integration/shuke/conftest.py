import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from shuke.cli import main
from shuke.show import console


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


Shuke = Callable[..., Said]


@pytest.fixture
def shuke(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shuke:
    """Return the command line, on an empty home."""
    monkeypatch.setenv("SHUKE_HOME", str(home))
    monkeypatch.setattr(console, "width", 200)  # COLUMNS is read once, at the first import

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["shuke", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Said(int(ended.value.code or 0), printed.out, printed.err)

    return run
