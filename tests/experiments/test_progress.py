import sys

from experiments.progress import reporting


def test_quiet_is_silent(capsys):
    with reporting(2, 24, quiet=True) as report:
        report.stage("Running")
        report.months(3)
    assert capsys.readouterr() == ("", "")


def test_two_lines_where_there_is_no_terminal(capsys):
    with reporting(2, 24) as report:
        report.months(24)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == "Running 2 runs, 24 simulated months"
    assert err.splitlines()[1].startswith("Finished in")


def test_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with reporting(2, 24) as report:
        report.stage("Running")
        report.months(24)
    assert "Running, 2 runs" in capsys.readouterr().err
