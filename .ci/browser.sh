#!/usr/bin/env bash
# Installs Chromium and its driver on Debian as root, so that the report is tested in a real browser. Elsewhere it
# says why not and exits 0; the browser tests then skip with their own reason.
set -euo pipefail
if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
    echo "browser: $(chromium --version 2>/dev/null | head -n 1)"
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "browser: none here, and this is not Debian as root"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver; } >/dev/null 2>&1 ||
    { echo "browser: apt-get could not install chromium"; exit 0; }
echo "browser: $(chromium --version | head -n 1)"
