#!/usr/bin/env bash
# Gives this machine a Docker engine and the evolve-cpu image, so that the docker tests run against the real thing.
# Safe to repeat: what is there already is left alone. Where it cannot work it says why and exits 0; the docker
# tests then skip with their own reason.
set -euo pipefail

root="$(cd "$(dirname "$0")/.." && pwd)"
cache="${EVOLVE_CI_CACHE:-/var/cache/evolve}"
suite="${EVOLVE_CI_SUITE:-bookworm}"
base="evolve-base:${suite}"
image="${EVOLVE_CI_IMAGE:-evolve-cpu}"

say() { printf 'docker-engine: %s\n' "$*"; }
give_up() {
    say "no Docker engine here: $*"
    exit 0
}
answers() { timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null; }

install_packages() {
    local missing=() packages=(debootstrap bubblewrap) package
    # Where an engine of another make runs already, Debian's own must not replace it.
    answers >/dev/null || packages+=(docker.io iptables)
    for package in "${packages[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    if [ "${#missing[@]}" -eq 0 ]; then
        say "packages: all there (${packages[*]})"
        return
    fi
    say "packages: installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$cache/apt.log" 2>&1 ||
        give_up "apt-get could not install ${missing[*]} (see $cache/apt.log)"
}

start_engine() {
    local version
    if version="$(answers)"; then
        say "engine: $version answers already"
        return
    fi
    # No bridge and no iptables: containers run with --network none, images build with --network host.
    setsid dockerd --iptables=false --bridge=none --exec-opt native.cgroupdriver=cgroupfs \
        --pidfile "$cache/dockerd.pid" </dev/null >"$cache/dockerd.log" 2>&1 &
    for _ in $(seq 60); do
        if version="$(answers)"; then
            say "engine: $version started, pid $(cat "$cache/dockerd.pid"), log $cache/dockerd.log"
            return
        fi
        sleep 0.5
    done
    tail -n 5 "$cache/dockerd.log" >&2 || true
    give_up "dockerd did not answer within 30 s (see $cache/dockerd.log)"
}

make_base() {
    if docker image inspect "$base" >/dev/null 2>&1; then
        say "base: $base is there"
        return
    fi
    local tarball="$cache/base-${suite}.tar" tree
    if [ ! -s "$tarball" ]; then
        tree="$(mktemp -d "$cache/tree.XXXXXX")"
        say "base: debootstrap $suite (minbase, python3, python3-numpy)"
        if ! debootstrap --variant=minbase --include=python3,python3-numpy "$suite" "$tree" >"$cache/debootstrap.log" 2>&1; then
            rm -rf "$tree"
            give_up "debootstrap failed (see $cache/debootstrap.log)"
        fi
        rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/* "$tree"/usr/share/doc/* "$tree"/usr/share/locale/*
        # A half-written tarball must never be taken for the whole: write beside it, then rename.
        tar -C "$tree" -cf "$tarball.part" . && mv "$tarball.part" "$tarball"
        rm -rf "$tree"
    fi
    docker import "$tarball" "$base" >/dev/null
    say "base: $base imported from $tarball"
}

build_image() {
    local log="$cache/build.log"
    # The classic builder needs no buildx plug-in; --network host because there is no bridge.
    if ! DOCKER_BUILDKIT=0 docker build --network host --build-arg "BASE=$base" -t "$image" "$root" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        say "image: building $image FAILED (see $log)"
        exit 1
    fi
    say "image: $image is $(docker image inspect --format '{{.Id}}' "$image" | cut -c8-19)"
}

[ "$(id -u)" -eq 0 ] || give_up "needs root to install and start it"
command -v apt-get >/dev/null && [ -f /etc/debian_version ] || give_up "this script knows Debian only"
mkdir -p "$cache"
install_packages
start_engine
make_base
build_image
