import json
from pathlib import Path

import pandas as pd
import pytest

from models_registry.bundle import Bundle
from models_registry.errors import BundleError
from tests.unit.models_registry.small_bundles import churn, customers, next_purchase, value

EVERY = pytest.mark.parametrize(
    "bundle", [churn(), next_purchase(), value()], ids=lambda b: b.meta.model
)


@EVERY
def test_a_loaded_bundle_says_exactly_the_same(bundle: Bundle, tmp_path: Path):
    bundle.save(tmp_path / "b")
    loaded = Bundle.load(tmp_path / "b")
    frame = customers()
    assert loaded.meta == bundle.meta
    pd.testing.assert_frame_equal(loaded.predict(frame), bundle.predict(frame), check_exact=True)
    assert loaded.explain(frame, 3) == bundle.explain(frame, 3)
    assert loaded.next_categories(frame, 3) == bundle.next_categories(frame, 3)


def test_a_bundle_is_text_files_only_and_leaves_nothing_beside_them(tmp_path: Path):
    next_purchase().save(tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    names = sorted(path.name for path in (tmp_path / "b").iterdir())
    assert names == ["category.txt", "main.txt", "meta.json"]
    for path in (tmp_path / "b").iterdir():
        path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["main.txt", "meta.json"])
@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_truncated_file_is_refused_by_name(name: str, keep: float, tmp_path: Path):
    churn().save(tmp_path / "b")
    path = tmp_path / "b" / name
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(BundleError, match=name):
        Bundle.load(tmp_path / "b")


def test_an_edited_description_is_refused(tmp_path: Path):
    churn().save(tmp_path / "b")
    path = tmp_path / "b" / "meta.json"
    manifest = json.loads(path.read_text())
    manifest["meta"]["horizon_days"] = 29
    path.write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="edited"):
        Bundle.load(tmp_path / "b")


@pytest.mark.parametrize("content", ["[]", "{}", '{"format": 1}', '{"format": 99}'])
def test_a_foreign_json_file_is_not_a_bundle(content: str, tmp_path: Path):
    (tmp_path / "meta.json").write_text(content)
    with pytest.raises(BundleError, match="not a bundle"):
        Bundle.load(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path):
    churn().save(tmp_path / "b")
    (tmp_path / "b" / "main.txt").unlink()
    with pytest.raises(BundleError, match=r"main\.txt"):
        Bundle.load(tmp_path / "b")
    with pytest.raises(BundleError, match=r"meta\.json"):
        Bundle.load(tmp_path / "nowhere")


def test_a_bundle_is_never_overwritten(tmp_path: Path):
    churn().save(tmp_path / "b")
    with pytest.raises(BundleError, match="already"):
        value().save(tmp_path / "b")
    assert Bundle.load(tmp_path / "b").meta.model == "churn_28d"
