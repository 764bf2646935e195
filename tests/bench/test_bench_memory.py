"""What a process takes by itself."""

from __future__ import annotations

import subprocess
import sys

from bench.consumption import own_pss_bytes, pss_bytes


def test_a_process_without_children_takes_what_its_tree_does_and_nothing_at_its_end() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout
        process.stdout.readline()
        own, tree = own_pss_bytes(process.pid), pss_bytes(process.pid)
        process.kill()

    assert own > 1e6
    # Others that start or end meanwhile share more or less of it.
    assert 0.5 * tree < own < 2 * tree
    assert own_pss_bytes(process.pid) == 0
