"""The least that could answer: an ASGI application around the contributions of one model.

Its rows lie ready in memory, nobody is asked for a key, nothing is looked up, written or worded.
Uvicorn serves it as it serves ours: `uvicorn tests.benchmarks.serving_bare:application`.
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from models_registry.bundle import Bundle
from models_registry.columns import Floats
from models_registry.survival import asked

FOLDER = "SHUKE_BENCH_BARE"  # holds `bundle/`, and `rows.npz` with `ids` and `x`
PATHS = {"explained": "/explained/", "plain": "/plain/"}

Message = MutableMapping[str, Any]


class Bare:
    """One model and the rows it is asked about.

    Parameters
    ----------
    x
        What the booster reads, shape (n, n_features), of the customers `ids`.
    """

    def __init__(self, bundle: Bundle, ids: list[str], x: Floats) -> None:
        self._booster = bundle.boosters["main"]
        self._value = bundle.meta.value
        self._place = {name: place for place, name in enumerate(ids)}
        self._x = x

    def answer(self, path: str) -> bytes:
        """Return the score of one customer, with contributions if they are asked for."""
        _, how, name = path.split("/")
        place = self._place[name]
        row = self._x[place : place + 1]
        told: dict[str, object] = {"customer_id": name}
        if how == "explained":
            parts = self._booster.predict(row, pred_contrib=True, num_threads=1)[0]
            margin, told["contributions"] = parts.sum(), parts.tolist()
        else:
            margin = self._booster.predict(row, raw_score=True, num_threads=1)[0]
        told["value"] = float(self._value(np.array([margin]))[0])
        return orjson.dumps(told)

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = self.answer(scope["path"])
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def inputs(bundle: Bundle, x: Floats) -> Floats:
    """Return what the main booster reads of the rows of `Bundle.matrix`."""
    survival = bundle.meta.survival
    if survival is None or survival.at_days is None:
        return x
    return asked(x, np.array([survival.at_days]))


def application() -> Bare:
    """Return the application over the folder that the environment names."""
    folder = Path(os.environ[FOLDER])
    kept = np.load(folder / "rows.npz")
    return Bare(Bundle.load(folder / "bundle"), kept["ids"].tolist(), kept["x"])
