"""The part of a script that runs its steps in a child, and tells how that ended."""

from __future__ import annotations

from conformance.isolation.ending import HANG, MEMORY

_SIGNAL = """
child = os.fork()
if child:
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print("expected: the process survives")
    print("actual:  ", f"killed by signal {-status}" if status < 0 else f"exit status {status}")
    sys.exit(status if status in (0, 125) else 1)
"""
_HANG = """
SECONDS = 20

if "child" not in sys.argv:
    child = subprocess.Popen([sys.executable, __file__, "child"], stdout=subprocess.PIPE)
    child.stdout.readline()  # torch is imported
    print("expected: the call returns")
    try:
        status = child.wait(SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        print(f"actual:   no end after {SECONDS} s")
        sys.exit(1)
    print("actual:   it does")
    sys.exit(status)

print("started", flush=True)
"""
_MEMORY = """
GIB = 4

if "child" not in sys.argv:
    child = subprocess.Popen([sys.executable, __file__, "child"])
    print("expected: the process survives")
    while child.poll() is None:
        with open(f"/proc/{child.pid}/statm") as pages:
            if int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") > GIB << 30:
                child.kill()
                print(f"actual:   it takes more than {GIB} GiB of memory")
                sys.exit(1)
        time.sleep(0.02)
    print("actual:   it does")
    sys.exit(0 if child.returncode == 0 else 125)
"""


def in_a_child(pattern: str) -> str:
    """The lines that run the script in a child whose end, in one word, is ``pattern``: by a signal, or by none."""
    return {HANG: _HANG, MEMORY: _MEMORY}.get(pattern, _SIGNAL)
