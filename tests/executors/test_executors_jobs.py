"""What every `Workers` promises about one job."""

from __future__ import annotations

import os
import time

import pytest

from uetbuild.core.jobs import Command, Result
from uetbuild.executors.running import COURTESY


def test_a_job_runs_its_commands_in_order_into_its_log(bench):
    outcome = bench.run("echo one", "echo two >&2", "echo three")
    assert (outcome.result, outcome.code, len(outcome.steps)) == (Result.SUCCEEDED, 0, 3)
    assert bench.log(outcome.key) == "one\ntwo\nthree\n"
    assert outcome.started > 0 and outcome.seconds >= sum(seconds for _, _, seconds in outcome.steps) - 0.01


def test_a_log_is_appended_to_and_its_folder_made(bench):
    log = str(bench.folder / "deep/er/log")
    bench.run("echo one", log=log)
    bench.run("echo two", log=log)
    assert (bench.folder / "deep/er/log").read_text() == "one\ntwo\n"


def test_the_first_failure_stops_a_job_and_decides_it(bench):
    outcome = bench.run("true", bench.command("exit 3", name="second"), "echo never")
    assert (outcome.result, outcome.code, outcome.step) == (Result.FAILED, 3, 1)
    assert [(name, code) for name, code, _ in outcome.steps] == [("", 0), ("second", 3)]
    assert bench.log(outcome.key) == ""


def test_the_death_of_a_command_by_a_signal_is_a_negative_code(bench):
    assert bench.run("kill -9 $$").code == -9


def test_a_failure_that_is_allowed_fails_nothing(bench):
    outcome = bench.run(bench.command("exit 3", allow_failure=True), "echo on")
    assert (outcome.result, outcome.code, outcome.message) == (Result.SUCCEEDED, 0, "")
    assert bench.log(outcome.key) == "on\n"


def test_final_commands_run_whatever_became_of_the_others(bench):
    final = (bench.command("echo final"), bench.command("exit 9"), bench.command("echo last"))
    outcome = bench.run("exit 3", finally_=final)
    assert (outcome.result, outcome.code, outcome.step) == (Result.FAILED, 3, 0)
    assert bench.log(outcome.key) == "final\nlast\n"


def test_a_failing_final_command_fails_a_job_that_had_succeeded(bench):
    outcome = bench.run("true", finally_=(bench.command("exit 9"),))
    assert (outcome.result, outcome.code, outcome.step) == (Result.FAILED, 9, 1)


def test_every_step_is_told_and_every_process_that_is_not_over_in_a_moment(bench):
    job = bench.job(bench.command("sleep 0.1", name="a"), bench.command("sleep 0.1; exit 4", name="b"))
    bench.workers.submit(job)
    bench.outcome(job)
    spawned = bench.progress(job, "spawned")
    assert len(spawned) == 2
    assert all(news.pid > 0 and news.start > 0 for news in spawned)
    assert [(news.name, news.code) for news in bench.progress(job, "step")] == [("a", 0), ("b", 4)]


def test_the_environment_is_the_builds_then_the_jobs_then_the_commands(bench):
    outcome = bench.run(bench.command('echo "$A $B $C $PWD"', env=(("C", "command"),)), env=(("A", "job"), ("B", "job"), ("C", "job")))
    assert bench.log(outcome.key) == f"job job command {bench.folder}\n"


def test_a_command_reads_the_file_that_is_its_standard_input_and_else_nothing(bench):
    note = str(bench.folder / "note")
    outcome = bench.run(bench.command("cat; echo .", stdin=note), "cat; echo .", notes=((note, "asked\nfor\n"),))
    assert bench.log(outcome.key) == "asked\nfor\n.\n.\n"


def test_a_command_whose_standard_input_is_not_there_does_not_start(bench):
    outcome = bench.run(bench.command("echo never", stdin="/no/such/file"))
    assert (outcome.result, outcome.code, outcome.message) == (Result.FAILED, 1, "/no/such/file: No such file or directory")
    assert bench.log(outcome.key) == "/no/such/file: No such file or directory\n"


def test_a_cleared_environment_holds_only_what_is_given(bench):
    outcome = bench.run(bench.command(("env",), cwd="/"), env=(("A", "b"), ("PATH", os.defpath)), clear_env=True)
    assert sorted(bench.log(outcome.key).split()) == ["A=b", f"PATH={os.defpath}", "PWD=/"]


def test_programs_are_looked_up_on_the_jobs_own_path(bench):
    (bench.folder / "bin").mkdir()
    tool = bench.folder / "bin/only-here"
    tool.write_text("#!/bin/sh\necho found\n")
    tool.chmod(0o755)
    outcome = bench.run(bench.command(("only-here",)), env=(("PATH", f"{bench.folder}/bin:/usr/bin:/bin"),))
    assert bench.log(outcome.key) == "found\n"


def test_a_program_that_is_not_found_is_127_and_said_in_the_log(bench):
    outcome = bench.run(bench.command(("no-such-tool", "x")))
    assert (outcome.result, outcome.code, outcome.message) == (Result.FAILED, 127, "no-such-tool: command not found")
    assert bench.log(outcome.key) == "no-such-tool: command not found\n"


def test_a_missing_folder_is_a_failure_with_words(bench):
    outcome = bench.run(bench.command("true", cwd="/no/such/folder"))
    assert (outcome.result, outcome.message) == (Result.FAILED, "/no/such/folder: No such file or directory")


def test_a_log_that_cannot_be_opened_is_a_failure_with_words(bench):
    outcome = bench.run("true", log="/proc/nothing/log")
    assert outcome.result == Result.FAILED
    assert "No such file" in outcome.message


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_fails_the_job_and_blocks_nobody(bench):
    outcome = bench.run("head -c 300000 /dev/zero; echo done > ended", log="/dev/full", masks=("secret",))
    assert (outcome.result, outcome.message) == (Result.FAILED, "No space left on device")
    assert (bench.folder / "ended").exists()


def test_standard_input_is_empty(bench):
    assert bench.run("cat").result == Result.SUCCEEDED


def test_signals_that_we_ignore_are_at_their_default_in_a_command(bench):
    outcome = bench.run("grep -E '^Sig(Blk|Ign)' /proc/self/status")
    inner = 0b11 << 31  # 32 and 33 belong to the C library, which lets nobody change them
    assert [int(mask, 16) & ~inner for mask in bench.log(outcome.key).split()[1::2]] == [0, 0]


@pytest.mark.parametrize("masks", [(), ("masked",)])
def test_a_command_holds_only_its_three_descriptors(pool, masks):
    outcome = pool.run(pool.command(("sh", "-c", "ls /proc/$$/fd")), masks=masks)
    assert pool.log(outcome.key).split() == ["0", "1", "2"]


def test_a_step_has_a_time_limit(bench):
    outcome = bench.run(bench.command("sleep 60", timeout=0.1), "echo never", finally_=(bench.command("echo final"),))
    assert (outcome.result, outcome.code, outcome.message) == (Result.TIMED_OUT, -15, "timed out after 0.1s")
    assert bench.log(outcome.key) == "final\n"


def test_a_job_has_a_time_limit_over_all_its_commands(bench):
    outcome = bench.run("true", bench.command("sleep 60", timeout=50), timeout=1)
    assert (outcome.result, outcome.step, outcome.message) == (Result.TIMED_OUT, 1, "timed out after 1s")


def test_final_commands_have_the_time_limit_anew(bench):
    outcome = bench.run("sleep 60", timeout=0.2, finally_=(bench.command("echo final"), bench.command("sleep 60")))
    assert (outcome.result, outcome.step) == (Result.TIMED_OUT, 0)
    assert bench.log(outcome.key) == "final\n"


def test_who_ignores_term_is_killed_after_the_grace_with_the_whole_tree(bench):
    outcome = bench.run("trap '' TERM; setsid sleep 60 & echo $! > pid; sleep 60; sleep 60", timeout=1, grace=0.2)
    assert (outcome.result, outcome.code) == (Result.TIMED_OUT, -9)
    assert not os.path.exists(f"/proc/{(bench.folder / 'pid').read_text().strip()}")


def test_a_command_may_clean_up_within_the_grace(bench):
    outcome = bench.run("trap 'sleep 0.2; echo cleaned; exit 5' TERM; echo begun; sleep 60 & wait", timeout=1)
    assert (outcome.result, outcome.code) == (Result.TIMED_OUT, 5)
    assert bench.log(outcome.key).startswith("begun\n") and bench.log(outcome.key).endswith("cleaned\n")


@pytest.mark.parametrize("masks", [(), ("masked",)])
def test_endless_output_ends_the_job(bench, masks):
    outcome = bench.run("yes", output_limit=100_000, masks=masks, finally_=(bench.command("echo final"),))
    assert (outcome.result, outcome.message) == (Result.FAILED, "output limit")
    assert len(bench.log(outcome.key)) <= 100_000 + len("final\n")
    assert bench.log(outcome.key).endswith("final\n")


def test_too_much_output_of_a_quick_command_counts_too(bench):
    outcome = bench.run("head -c 200000 /dev/zero", "echo never", output_limit=100_000)
    assert (outcome.result, outcome.step, outcome.message) == (Result.FAILED, 0, "output limit")


def test_output_within_the_limit_is_fine(bench):
    assert bench.run("head -c 100000 /dev/zero", output_limit=100_000).result == Result.SUCCEEDED


def test_secrets_are_hidden_across_the_borders_of_writes(bench):
    outcome = bench.run("printf 'a hunt'; sleep 0.05; printf 'er22 b'; echo; printf hun", masks=("hunter22", "abc"))
    assert bench.log(outcome.key) == "a *** b\nhun"


def test_our_own_words_hide_secrets_too(bench):
    outcome = bench.run(bench.command(("no-hunter22",)), masks=("hunter22",))
    assert bench.log(outcome.key) == "no-***: command not found\n"


def test_a_followed_job_tells_of_its_output(bench):
    job = bench.job("echo one; sleep 0.1; echo two", follow=True)
    bench.workers.submit(job)
    bench.outcome(job)
    assert len(bench.progress(job, "output")) >= 2
    assert bench.log(job.key) == "one\ntwo\n"


def test_a_chatty_job_does_not_drown_us_in_news(bench):
    job = bench.job("for i in {1..3000}; do echo $i; done", follow=True)
    bench.workers.submit(job)
    seconds = bench.outcome(job).seconds
    assert 1 <= len(bench.progress(job, "output")) <= 3 + seconds / 0.05


@pytest.mark.parametrize("masks", [(), ("masked",)])
def test_a_daemon_is_ended_with_its_job_and_does_not_hold_up_its_end(bench, masks):
    outcome = bench.run(
        "(setsid bash -c 'trap \"\" TERM; echo $BASHPID > pid; sleep 60' &); until [ -s pid ]; do :; done", masks=masks, grace=0.05
    )
    assert (outcome.result, outcome.code) == (Result.SUCCEEDED, 0)
    assert not os.path.exists(f"/proc/{(bench.folder / 'pid').read_text().strip()}")


def test_what_ends_by_itself_a_moment_after_its_command_is_left_to_it(bench):
    outcome = bench.run(f"echo text > >(sleep {COURTESY / 4}; tee copy)")
    assert outcome.result == Result.SUCCEEDED
    assert (bench.folder / "copy").read_text() == "text\n"
    assert bench.log(outcome.key) == "text\n"


def test_a_process_in_the_background_serves_the_later_commands_of_its_job(bench):
    outcome = bench.run("sleep 60 & echo $! > pid", "kill -0 $(cat pid)", finally_=(bench.command("kill -0 $(cat pid)"),))
    assert outcome.result == Result.SUCCEEDED
    assert not os.path.exists(f"/proc/{(bench.folder / 'pid').read_text().strip()}")


def test_endless_writing_in_the_background_does_not_keep_a_job_from_its_next_command(bench):
    outcome = bench.run("yes & echo $! > pid", "echo next > next", masks=("masked",), grace=0.2)
    assert outcome.result == Result.SUCCEEDED
    assert (bench.folder / "next").exists()


def test_orphans_are_collected_while_their_job_runs(bench):
    dead = "ps -o stat= --ppid $PPID | grep -c Z"
    outcome = bench.run(
        f"for i in {{1..20}}; do (true &) ; done; for i in {{1..200}}; do {dead} >left || break; sleep 0.05; done; cat left"
    )
    assert bench.log(outcome.key).strip() == "0"


def test_an_error_of_ours_is_a_failure_with_words_and_not_the_end_of_the_worker(bench):
    outcome = bench.run(Command(argv=(), cwd="/"))
    assert outcome.result == Result.FAILED
    assert outcome.message.startswith("IndexError")
    assert bench.run("true").result == Result.SUCCEEDED


def test_time_is_the_workers_clock(bench):
    before = time.time()
    outcome = bench.run("true")
    assert before - 1 <= outcome.started <= time.time() + 1


def test_lists_are_files_that_each_job_finds_written_anew(bench):
    """Also where the job before wrote more, or removed it; other variables of the same list name the same file."""
    show = 'cat "$A"; [ "$A" = "$B" ] || cat "$B"'
    first = bench.run(f"{show}; rm $A", lists=((("A", "B"), "one\ntwo\n"),))
    second = bench.run(show, lists=((("A",), "three\n"), (("B",), "four\n")))
    third = bench.run(show, lists=((("A",), ""), (("B",), "5\n")))
    assert [bench.log(job.key) for job in (first, second, third)] == ["one\ntwo\n", "three\nfour\n", "5\n"]


@pytest.mark.parametrize("keep", ["mv $A kept", "ln $A kept", "cp $A kept", "ln $A kept && rm $A", "mv $A kept && ln -s kept $A"])
def test_a_list_that_a_job_kept_stays_as_it_was(bench, keep):
    bench.run(keep, lists=((("A",), "first\n"),))
    assert bench.log(bench.run("cat $A", lists=((("A",), "second\n"),)).key) == "second\n"
    assert (bench.folder / "kept").read_text() == "first\n"


def test_lists_go_with_their_worker(pool):
    pool.run("true", lists=((("A",), "one\n"),))
    assert list(pool.folder.glob(".*"))
    pool.workers.close()
    assert not list(pool.folder.glob(".*"))
