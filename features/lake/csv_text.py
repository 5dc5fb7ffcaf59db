"""CSV files as they come: any of the usual encodings and separators, broken rows told apart."""

import codecs
import csv
import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from features.errors import ContractError, EmptyDataError

DELIMITERS = (",", ";", "\t", "|")
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# GB18030 holds GBK and GB2312, what Excel and tills write in China.
ENCODINGS = ("utf-8", "gb18030")
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Record:
    """One row of a file.

    Attributes
    ----------
    row
        Its number as a spreadsheet shows it: the header is row 1.
    fields
        One text per column of the header; empty texts if the row cannot be read.
    fault
        Why it cannot be read; None if it can.
    """

    row: int
    fields: list[str]
    fault: str | None = None


@dataclass(frozen=True)
class CsvText:
    """A CSV file whose encoding, separator and header are known.

    Attributes
    ----------
    digest
        SHA-256 of the bytes.
    """

    path: Path
    encoding: str
    delimiter: str
    header: list[str]
    digest: str

    def records(self) -> Iterator[Record]:
        """Yield the rows below the header; blank lines are none."""
        with self.path.open(encoding=self.encoding, newline="") as lines:
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            next(reader)
            blank = [""] * len(self.header)
            row = 1
            while True:
                row, line = row + 1, reader.line_num + 1
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield Record(row, blank, f"lines {line} to {reader.line_num}: {error}")
                    continue
                if len(fields) == len(self.header):
                    yield Record(row, fields)
                elif any(fields):
                    found = f"{len(fields)} fields instead of {len(self.header)}"
                    yield Record(row, blank, f"{found}: {self.delimiter.join(fields)}")


def open_csv(path: Path, expected: Collection[str]) -> CsvText:
    """Find out how a CSV file is written.

    Parameters
    ----------
    expected
        Column names that may stand in the header; the separator that finds most of them wins.

    Raises
    ------
    ContractError
        There is no such file, it is not text, or its header names a column twice.
    EmptyDataError
        There is nothing below the header, or no header.
    """
    if not path.is_file():
        raise ContractError("There is no such file", where=str(path), todo="Check the path.")
    encoding, digest = _encoding(path)
    with path.open(encoding=encoding, newline="") as lines:
        first = lines.readline()
        if not first.strip():
            raise EmptyDataError("The file has no header", where=str(path), todo="Export it again.")
        if not any(line.strip() for line in lines):
            raise EmptyDataError(
                "The file has a header and no rows", where=str(path), todo="Export it again."
            )
    headers = {d: _split(first, d) for d in DELIMITERS}
    found = {d: (len(set(expected) & set(headers[d])), len(headers[d])) for d in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda d: found[d])
    header = headers[delimiter]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ContractError(
            f"The header names {', '.join(map(repr, twice))} twice",
            where=str(path),
            todo="Rename one of them.",
        )
    return CsvText(path, encoding, delimiter, header, digest)


def _split(line: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([line], delimiter=delimiter))]


def _encoding(path: Path) -> tuple[str, str]:
    """Read the file once: its bytes' digest and the first encoding all of it can be read in."""
    digest = hashlib.sha256()
    decoders = {name: codecs.getincrementaldecoder(name)() for name in (*ENCODINGS, "utf-16")}
    marked = None
    binary = False
    with path.open("rb") as content:
        while block := content.read(BLOCK_BYTES):
            if content.tell() == len(block):
                marks = BYTE_ORDER_MARKS.items()
                marked = next((name for mark, name in marks if block.startswith(mark)), None)
            digest.update(block)
            binary = binary or b"\0" in block
            decoders = {n: d for n, d in decoders.items() if _reads(d, block)}
    decoders = {n: d for n, d in decoders.items() if _reads(d, b"", final=True)}
    if marked and marked.removesuffix("-sig") in decoders:
        return marked, digest.hexdigest()
    unmarked = next((name for name in ENCODINGS if name in decoders), None)
    if binary or unmarked is None:
        raise ContractError(
            "The file is not text in UTF-8 or GB18030",
            where=str(path),
            todo="Save it as CSV (a spreadsheet's own format cannot be read).",
        )
    return unmarked, digest.hexdigest()


def _reads(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeError:  # UTF-16 without its mark is not a decoding error
        return False
    return True
