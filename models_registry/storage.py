"""A bundle on disk: meta.json and one text file per booster, sealed by checksums; no pickle."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from models_registry.errors import BundleError

MANIFEST = "meta.json"
_FORMAT = 1
_RETRAIN = "Restore the folder from a backup or train the model again."


def write(folder: Path, meta: str, texts: Mapping[str, str]) -> None:
    """Write a bundle folder as a whole or not at all.

    Parameters
    ----------
    folder
        Must not exist yet: a bundle is never changed.
    meta
        The description, as JSON text.
    texts
        Booster name -> model text; stored as `<name>.txt`.

    Raises
    ------
    BundleError
        If `folder` exists.
    """
    if folder.exists():
        raise BundleError("There is a bundle already", where=str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, text in texts.items():
            (temporary / f"{name}.txt").write_bytes(text.encode())
        (temporary / MANIFEST).write_text(_manifest(meta, texts), encoding="utf-8")
        temporary.replace(folder)
    except OSError:
        if folder.exists():
            raise BundleError("There is a bundle already", where=str(folder)) from None
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read(folder: Path) -> tuple[str, dict[str, str]]:
    """Return (meta JSON, booster texts) of a bundle folder, every checksum compared.

    Raises
    ------
    BundleError
        Naming the file that is missing, truncated or edited.
    """
    path = folder / MANIFEST
    manifest = _parsed(path)
    meta, files = manifest.get("meta"), manifest.get("files")
    if (
        manifest.get("format") != _FORMAT
        or not isinstance(meta, dict)
        or not isinstance(files, dict)
    ):
        raise BundleError("This is not a bundle's description", where=str(path), todo=_RETRAIN)
    if manifest.get("seal") != _seal(meta, files):
        raise BundleError("A file was edited after training", where=str(path), todo=_RETRAIN)
    texts = {name: _verified(folder / f"{name}.txt", str(seal)) for name, seal in files.items()}
    return json.dumps(meta), texts


def _manifest(meta: str, texts: Mapping[str, str]) -> str:
    described = json.loads(meta)
    files = {name: _sha256(text.encode()) for name, text in texts.items()}
    whole = {"format": _FORMAT, "meta": described, "files": files, "seal": _seal(described, files)}
    return json.dumps(whole, indent=1, ensure_ascii=False)


def _parsed(path: Path) -> dict[str, object]:
    try:
        manifest = json.loads(_bytes(path))
    except ValueError:
        raise BundleError(
            "A file is truncated or damaged", where=str(path), todo=_RETRAIN
        ) from None
    return manifest if isinstance(manifest, dict) else {}


def _verified(path: Path, seal: str) -> str:
    content = _bytes(path)
    if _sha256(content) != seal:
        raise BundleError("A file is truncated or was edited", where=str(path), todo=_RETRAIN)
    return content.decode()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise BundleError(
            "A file of the bundle is missing", where=str(path), todo=_RETRAIN
        ) from None


def _seal(meta: dict[str, object], files: dict[str, str]) -> str:
    return _sha256(json.dumps([meta, files], sort_keys=True).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
