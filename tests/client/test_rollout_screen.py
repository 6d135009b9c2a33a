"""Rollouts as a terminal shows them."""
import concurrent.futures
import os
import re
import subprocess

from tests.conftest import CANARY, clean_environment
from tests.support.machine import wait_for
from tests.support.rollouts import open_terminal, read_terminal, record_of


def test_on_a_terminal_the_tree_is_redrawn_in_place(server, deployed, plan_file, tmp_path):
    plan_file(strategy={"canary": {"weight": "25%", "for": "2m"}})
    ours, theirs = open_terminal(80)
    process = subprocess.Popen(
        [CANARY, "deploy", "--fast"], cwd=tmp_path, stdout=theirs, stderr=theirs,
        env={**clean_environment(server.url), "TERM": "xterm", "LC_ALL": "C.UTF-8"})
    os.close(theirs)
    text = read_terminal(ours)
    os.close(ours)
    assert process.wait(60) == 0, text
    assert re.search("\x1b\\[\\d+A", text), "the cursor never went up"
    assert re.search(r"│ +p50 [\d.]+  p95 [\d.]+  p99 [\d.]+ ms\x1b", text), "cut at the edge"
    for words in ("├─ weight     █████░", "25 %", "├─ split", "version 1", "version 2", "errors",
                  "p99", "└─ time", "left"):
        assert words in text, words
    last = text[text.rindex("Promoted"):]
    assert "└─ time" in last and last.index("└─ time") < last.index("version   requests")


def test_steps_that_send_nothing_are_shown_with_what_they_wait_for(server, deployed, plan_file,
                                                                   tmp_path):
    plan_file(strategy={"steps": [{"weight": "50%"}, {"hook": {"command": "true"}},
                                  {"approve": True}]})
    ours, theirs = open_terminal()
    process = subprocess.Popen(
        [CANARY, "deploy", "--fast", "--no-wait"], cwd=tmp_path, stdout=theirs, stderr=theirs,
        env={**clean_environment(server.url), "TERM": "xterm", "LC_ALL": "C.UTF-8"})
    os.close(theirs)
    text = read_terminal(ours)
    os.close(ours)
    assert process.wait(60) == 5, text
    hook = text[text.index("step 2: hook"):text.index("step 3: approve")]
    approve = text[text.index("step 3: approve"):]
    assert "until the hook has ended" in hook and "until somebody" not in hook
    assert "until somebody says how to go on" in approve


def test_a_step_that_is_taken_up_is_shown_whole(server, deployed, canary, killed, tmp_path):
    assert re.search(r"step 1 of 2, version 2 at 50 %, (20|1\d)m(\d+s)? left", canary("status").out)
    ours, theirs = open_terminal()
    process = subprocess.Popen(
        [CANARY, "resume"], cwd=tmp_path, stdout=theirs, stderr=theirs,
        env={**clean_environment(server.url), "TERM": "xterm", "LC_ALL": "C.UTF-8"})
    os.close(theirs)
    with concurrent.futures.ThreadPoolExecutor() as readers:  # who finds it full hears nobody
        screen = readers.submit(read_terminal, ours)
        wait_for(lambda: record_of(deployed, "resume"))
        assert canary("rollback").code == 0 and process.wait(60) == 3
        text = screen.result()
    os.close(ours)
    first = text[text.index("It goes on."):].split("left")[0]
    for words in ("step 1: weight", "█████░", "50 %", "version 2"):
        assert words in first, first


def test_rows_of_the_history_are_cut_on_a_terminal(server, deployed, canary, plan_file, tmp_path):
    plan_file("throw new Error('bad')", healthChecks=0)
    assert canary("deploy", "--fast").code == 3
    ours, theirs = open_terminal(60)
    process = subprocess.Popen([CANARY, "history", "--function", deployed], cwd=tmp_path,
                               stdout=theirs, env={**clean_environment(server.url), "TERM": "xterm"})
    os.close(theirs)
    text = read_terminal(ours)
    os.close(ours)
    assert process.wait(60) == 0
    assert [len(line) for line in text.splitlines()] == [60]


def test_sentences_are_wrapped_on_a_terminal_and_nowhere_else(canary, tmp_path):
    wrong = [CANARY, "status", "--function", "f", "--alias", "a", "--endpoint-url",
             "https://lambda.us-east-1.amazonaws.com"]
    ours, theirs = open_terminal(60)
    process = subprocess.Popen(wrong, cwd=tmp_path, stdout=theirs, stderr=theirs,
                               env={**clean_environment(""), "TERM": "xterm"})
    os.close(theirs)
    lines = read_terminal(ours).splitlines()
    os.close(ours)
    assert process.wait(60) == 2
    assert len(lines) > 2 and max(map(len, lines)) <= 60, lines
    piped = canary(*wrong[1:])
    assert piped.err.count("\n") == 1
    assert piped.err.split() == " ".join(lines).split()


def test_without_colour_there_is_none(server, deployed, plan_file, tmp_path):
    plan_file(strategy={"canary": {"weight": "25%", "for": "1m"}})
    ours, theirs = open_terminal()
    process = subprocess.Popen(
        [CANARY, "deploy", "--fast"], cwd=tmp_path, stdout=theirs, stderr=theirs,
        env={**clean_environment(server.url), "TERM": "xterm", "NO_COLOR": "1"})
    os.close(theirs)
    text = read_terminal(ours)
    os.close(ours)
    assert process.wait(60) == 0
    assert "version 2" in text and not re.search("\x1b\\[[0-9;]*m", text)
