"""What a process takes, told apart from the rest of its tree."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.consumption import own_pss_bytes, pss_bytes


def test_the_memory_of_a_tree_is_that_of_its_processes() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout
        child.stdout.readline()
        own, of_child = own_pss_bytes(os.getpid()), own_pss_bytes(child.pid)
        together = pss_bytes(os.getpid())
        child.kill()

    assert of_child > 1e6
    assert abs(own + of_child - together) < 0.2 * together
    assert own_pss_bytes(child.pid) == 0
