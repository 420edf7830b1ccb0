"""Log files are read along, kept small, and only what matters is shown."""

from __future__ import annotations

from pipeline.command.logfiles import LogTail, parse, summary


def test_only_what_was_added_is_read(tmp_path):
    path = tmp_path / "node.log"
    path.write_text("old\n")
    tail = LogTail(path)
    assert tail.new_lines() == []
    with path.open("a") as file:
        file.write("one\ntwo\nhal")
    assert tail.new_lines() == ["one", "two"]
    with path.open("a") as file:
        file.write("f\n")
    assert tail.new_lines() == ["half"]


def test_a_missing_log_is_an_empty_one(tmp_path):
    assert LogTail(tmp_path / "none.log").new_lines() == []


def test_a_large_log_is_set_aside_and_reading_goes_on(tmp_path):
    path = tmp_path / "node.log"
    path.write_text("x" * 100 + "\n")
    tail = LogTail(path)
    tail.keep_small(largest=50)
    assert path.stat().st_size == 0
    assert (tmp_path / "node.log.1").stat().st_size == 101
    with path.open("a") as file:
        file.write("new\n")
    assert tail.new_lines() == ["new"]


def test_a_warning_is_shown_in_words():
    event = parse('{"event": "database_away", "level": "warning", "timestamp": "t", "process": "clerk", "count": 3}')
    assert summary(event) == "database away (count 3)"


def test_what_is_not_structured_or_not_grave_is_not_shown():
    assert summary(parse("Traceback (most recent call last):")) is None
    assert summary(parse('{"event": "ready", "level": "info"}')) is None
    assert summary(parse("[1, 2]")) is None
