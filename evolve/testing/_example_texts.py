"""Texts of the made-up run: a program, ideas for changing it, and ways to fail."""

from evolve.types import Status

__all__ = ["FAILURES", "IDEAS", "MODELS", "REJECTIONS", "SEED"]

SEED = '''"""Place buffers with lifetimes at offsets: largest first, lowest offset that fits."""

ORDER_WEIGHT = 1.0
LIFETIME_WEIGHT = 0.0
RESTARTS = 1


def key(buffer):
    size, start, end = buffer
    return ORDER_WEIGHT * size + LIFETIME_WEIGHT * (end - start)


def overlaps(first, second):
    return first[1] < second[2] and second[1] < first[2]


def solve(buffers):
    order = sorted(range(len(buffers)), key=lambda i: -key(buffers[i]))
    offsets = {}
    for i in order:
        taken = sorted((offsets[j], offsets[j] + buffers[j][0]) for j in offsets if overlaps(buffers[i], buffers[j]))
        offset = 0
        for low, high in taken:
            if offset + buffers[i][0] <= low:
                break
            offset = max(offset, high)
        offsets[i] = offset
    return [offsets[i] for i in range(len(buffers))]
'''
IDEAS = (
    ("Weigh the lifetime too: long buffers block more.", "LIFETIME_WEIGHT = {x}"),
    ("Try several orders and keep the lowest peak.", "RESTARTS = {n}"),
    ("Prefer the gap that fits best, not the lowest one.", "GAP_PENALTY = {x}"),
    ("Place buffers around the busiest moment first.", "BUSY_WEIGHT = {x}"),
    ("Swap pairs of neighbours as long as the peak falls.", "SWAPS = {n}"),
    ("Break ties by start time, which keeps columns together.", "TIE_WEIGHT = {x}"),
)
FAILURES = (
    (Status.CRASHED, "IndexError: list index out of range (program.py, line 24, in solve)"),
    (Status.INVALID, "buffers 3 and 17 overlap: [4096, 8192) and [6144, 7168) are live together from step 12 to 19"),
    (Status.TIMEOUT, "solve() ran 10.0 s, limit 10 s (problem.toml: [limits] timeout_s)"),
    (Status.OUT_OF_MEMORY, "the process tree passed 512 MiB"),
    (Status.INCORRECT, "expected 48 offsets, got 47"),
)
REJECTIONS = (
    ("parsed", "SEARCH block 1 does not occur in program.py"),
    ("parsed", "the answer holds no SEARCH/REPLACE block and no program"),
    ("parsed", "SyntaxError: unexpected indent (program.py, line 31)"),
    ("new", "the same program as an earlier candidate after normalisation"),
    ("static", "import of a module that is not allowed: ctypes"),
)
MODELS = ("openai/large-coder", "local/small-coder")
