"""The environment of a guest: a fixed list, nothing from the host."""

__all__ = ["guest_environment"]


def guest_environment(scratch: str, nonce: str, cpus: float) -> dict[str, str]:
    """Variables of a guest.

    Threads of numeric libraries follow the CPU limit, and the seed of string hashing is fixed, because two runs of
    one deterministic program have to give equal answers.
    """
    threads = str(max(1, int(cpus)))
    return {
        "EVOLVE_SESSION": nonce,
        "HOME": scratch,
        "LANG": "C.UTF-8",
        "MKL_NUM_THREADS": threads,
        "NUMEXPR_NUM_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8:backslashreplace",
        "PYTHONSAFEPATH": "1",
        "TMPDIR": scratch,
        "TZ": "UTC",
    }
