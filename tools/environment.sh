# Sourced by the launchers: makes `.venv` once from the pinned versions, and again only when those change.
# Usage: prepare_environment NAME EXTRAS   — NAME stamps what has been installed, EXTRAS are pyproject extras.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
venv="$root/.venv"

find_python() {
    local candidate
    for candidate in "${SIMENGINE_PYTHON:-}" python3.11 python3.10 python3; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"
            return
        fi
    done
    echo "simengine: no Python 3.10 or 3.11 found (PyBullet has no wheels for newer ones); install one or set SIMENGINE_PYTHON" >&2
    return 1
}

prepare_environment() {
    local name="$1" extras="$2" stamp python wanted
    stamp="$venv/.installed-$name"
    wanted="$(cat "$root/pyproject.toml" "$root/tools/constraints.txt" | cksum) $extras"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return
    fi
    python="$(find_python)" || return 1
    # One set-up at a time: a second start waits for the first to finish.
    exec 9>"$root/.venv.lock"
    flock 9 2>/dev/null || true
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        exec 9>&-
        return
    fi
    if ! "$venv/bin/python" -c '' 2>/dev/null; then
        echo "simengine: making .venv with $("$python" --version)" >&2
        "$python" -m venv --clear "$venv" || return 1
    fi
    echo "simengine: installing pinned packages [$extras] into .venv (once; a few minutes)" >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-warn-script-location \
        --constraint "$root/tools/constraints.txt" --editable "$root[$extras]" >&2 2> >(grep -v '^WARNING: Location' >&2) || {
        echo "simengine: the installation failed; the lines above say why; nothing needs cleaning up, run the command again" >&2
        return 1
    }
    printf '%s' "$wanted" >"$stamp"
    exec 9>&-
    echo "simengine: set-up done" >&2
}
