import json

import pandas as pd
import pytest

from features.errors import ContractError, EmptyDataError
from features.lake.csv_files import import_csv

COLUMNS = {"lead_id": "编号", "created_at": "时间", "region": "城市"}
CHINESE = "编号,时间,城市,来源渠道\n1,2017-03-01,上海,抖音\n2,2017-03-02,北京,\n"


@pytest.fixture
def file(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "leads.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_a_chinese_file_is_read_in_every_usual_encoding(lake, file, encoding):
    report = import_csv(lake, "leads", file(CHINESE, encoding), COLUMNS)
    leads = lake.frame("leads")
    assert (report.read, report.accepted) == (2, 2)
    assert leads["region"].tolist() == ["上海", "北京"]
    assert [json.loads(a) for a in leads["attributes"]] == [{"来源渠道": "抖音"}, {}]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_separator_is_found_by_the_columns_it_yields(lake, file, delimiter):
    report = import_csv(lake, "leads", file(CHINESE.replace(",", delimiter)), COLUMNS)
    assert report.accepted == 2


def test_columns_nobody_mapped_become_attributes_and_dropped_ones_do_not(lake, file):
    text = "lead_id,created_at,visits,score,phone,verdict\na,2017-03-01,5,2.50,0041,won\n"
    import_csv(lake, "leads", file(text), drop=["verdict"])
    attributes = lake.frame("leads")["attributes"].item()
    assert json.loads(attributes) == {"visits": 5, "score": 2.5, "phone": "0041"}


def test_columns_a_table_has_no_place_for_are_reported(lake, file):
    report = import_csv(lake, "products", file("product_id,name,shelf\n1,milk,9\n"))
    assert report.ignored_columns == ("shelf",)
    assert lake.frame("products")["name"].tolist() == ["milk"]


def test_ragged_rows_are_quarantined_under_their_spreadsheet_row(lake, file):
    text = 'lead_id,created_at\na,2017-03-01\nb\nc,2017-03-01,x\n\n"d\n",2017-03-01\n'
    report = import_csv(lake, "leads", file(text))
    assert (report.read, report.accepted, report.quarantined) == (4, 2, 2)
    bad = pd.read_csv(report.quarantine_file)
    assert bad["row"].tolist() == [3, 4]
    assert bad["reason"].tolist() == [
        "1 fields instead of 2: b",
        "3 fields instead of 2: c,2017-03-01,x",
    ]


def test_a_quote_that_is_never_closed_names_the_lines_it_swallowed(lake, file):
    text = 'lead_id,created_at\na,2017-03-01\n"b,2017-03-01\nc,2017-03-01\n'
    report = import_csv(lake, "leads", file(text))
    assert (report.accepted, report.quarantined) == (1, 1)
    assert "lines 3 to 4" in report.quarantine_file.read_text()


def test_a_zone_moves_local_times_to_utc(lake, file):
    text = "lead_id,created_at\na,2017-03-01 09:00\n"
    import_csv(lake, "leads", file(text), zone="Asia/Shanghai")
    assert lake.frame("leads")["created_at"].item() == pd.Timestamp("2017-03-01 01:00Z")


def test_the_same_file_again_changes_nothing_but_a_corrected_mapping_is_read(lake, file):
    path = file("id,no,created_at\n,a,2017-03-01\n")
    wrong = import_csv(lake, "leads", path, {"lead_id": "id"})
    again = import_csv(lake, "leads", path, {"lead_id": "id"})
    right = import_csv(lake, "leads", path, {"lead_id": "no"})
    assert (wrong.quarantined, again.duplicates, right.accepted) == (1, 1, 1)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("", EmptyDataError, "no header"),
        ("lead_id,created_at\n\n", EmptyDataError, "header and no rows"),
        (b"PK\x03\x04\x00\x00", ContractError, "not text"),
        (b"lead_id,created_at\n\xff\xff\xff,1\n", ContractError, "not text"),
        ("lead_id,lead_id,created_at\na,b,c\n", ContractError, "'lead_id' twice"),
        ("lead,created_at\na,b\n", ContractError, "no column 'lead_id'.*mean 'lead'.*required"),
        ("lead_id created_at\na b\n", ContractError, "no column 'lead_id'.*'lead_id created_at'"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_where(lake, file, content, error, message):
    with pytest.raises(error, match=f"(?s){message}") as caught:
        import_csv(lake, "leads", file(content))
    assert "leads.csv" in caught.value.where
    assert caught.value.todo
    assert not lake.root.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"columns": {"lead_id": "nmber"}}, "no column 'nmber'.*mean 'number'"),
        ({"columns": {"leadid": "number"}}, "Table leads has no column 'leadid'"),
        ({"columns": {"lead_id": "number"}, "drop": ["verdct"]}, "no column 'verdct'"),
        ({"columns": {"lead_id": "number"}, "zone": "Asia/Shangai"}, "no time zone"),
    ],
)
def test_a_wrong_instruction_is_refused(lake, file, arguments, message):
    path = file("number,created_at\n1,2017-03-01\n")
    with pytest.raises(ContractError, match=f"(?s){message}"):
        import_csv(lake, "leads", path, **arguments)


def test_a_missing_file_is_named(lake, tmp_path):
    with pytest.raises(ContractError, match="no such file"):
        import_csv(lake, "leads", tmp_path / "none.csv")
