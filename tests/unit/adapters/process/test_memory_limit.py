import resource

import pytest

from adapters.process.memory_limit import memory_script, ran_out_of_memory
from ports.process import Exit

# More than the tests themselves have used.
MOST = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 * 10


def test_a_limit_is_set_in_whole_kibibytes_and_only_if_there_is_one() -> None:
    assert memory_script(None) == ""
    assert memory_script(10_000_000) == "ulimit -v 9765 2>/dev/null; "


@pytest.mark.parametrize("ended", [Exit(code=1), Exit(signal=6)])
def test_a_failure_close_to_the_limit_is_put_down_to_it(ended: Exit) -> None:
    assert ran_out_of_memory(ended, peak_bytes=MOST * 9 // 10, memory_bytes=MOST)


@pytest.mark.parametrize(
    ("ended", "peak_bytes", "memory_bytes"),
    [
        (Exit(code=0), MOST, MOST),
        (Exit(code=1), MOST // 2, MOST),
        (Exit(code=1), MOST, None),
        # What the process seems to have used may be what this one has.
        (Exit(code=1), MOST // 10, MOST // 10),
    ],
    ids=["well", "far from the limit", "without a limit", "of its parent"],
)
def test_other_ends_are_not(ended: Exit, peak_bytes: int, memory_bytes: int | None) -> None:
    assert not ran_out_of_memory(ended, peak_bytes=peak_bytes, memory_bytes=memory_bytes)
