import subprocess
import sys

from features.engine import connect


def setting(con, name):
    return con.raw_sql(f"SELECT current_setting('{name}')").fetchone()[0]


def test_the_engine_speaks_utc_and_keeps_to_its_threads():
    con = connect(threads=1)
    assert setting(con, "TimeZone") == "UTC"
    assert setting(con, "threads") == 1


def test_the_engine_spills_outside_the_current_folder_and_fetches_nothing():
    con = connect()
    assert setting(con, "temp_directory").startswith("/")
    assert not setting(con, "autoinstall_known_extensions")


def test_reading_the_lake_does_not_load_the_contracts():
    code = "import sys, features.lake.lake; sys.exit('pandera' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
