#!/bin/sh
# Makes a virtual environment with the project in it, by uv where there is one, else by pip.
# Does nothing where the environment was made from the same folder, arguments and pyproject.toml.
# usage: tools/environment.sh FOLDER PIP-INSTALL-ARGUMENT…
set -eu

folder=$1
shift
stamp=$folder/made-from
# The project's folder is part of the stamp: an environment copied along with the project would
# run the original's code.
key=$(printf '%s\n' "$PWD" "${PYTHON:-}" "$@" && cat pyproject.toml)
if [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && "$folder/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

say() { printf '%s\n' "$*" >&2; }

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        supported "$PYTHON" && printf '%s' "$PYTHON"
        return
    fi
    for name in python3 python3.13 python3.12 python3.11 python3.10 python; do
        if supported "$name"; then
            printf '%s' "$name"
            return
        fi
    done
    return 1
}

if ! python=$(find_python); then
    tried=${PYTHON:-python3}
    version=$("$tried" --version 2>&1) || version='not installed'
    say "error: datar-edge needs Python 3.10 to 3.13; $tried is $version."
    say "Install one, by 'apt install python3 python3-venv', 'brew install python@3.12' or" \
        "'uv python install 3.12', or name the one to use: make demo PYTHON=/path/to/python3.12"
    exit 2
fi

uv=
if uv --version >/dev/null 2>&1; then
    uv=uv
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    say "error: $python cannot make virtual environments."
    say "Install what is missing, on Debian and Ubuntu by 'apt install python3-venv'."
    exit 2
fi

say "Making $folder with $("$python" --version) and ${uv:-pip}, from: $*"
quiet=
[ -t 2 ] || quiet=--quiet
# What is there is brought up to date, unless it belongs to another folder or its Python is gone.
if [ -e "$stamp" ] && [ "$(head -n 1 "$stamp")" != "$PWD" ]; then
    rm -rf "$folder"
elif ! "$folder/bin/python" -c '' 2>/dev/null; then
    rm -rf "$folder"
fi
rm -f "$stamp"
if [ -n "$uv" ]; then
    uv venv --quiet --allow-existing --python "$python" "$folder"
    uv pip install $quiet --python "$folder/bin/python" "$@"
else
    export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
    "$python" -m venv "$folder"
    # Dependency groups are read from pip 25.1 on.
    "$folder/bin/python" -m pip install $quiet 'pip>=25.1'
    # setuptools warns of every editable install.
    PYTHONWARNINGS=ignore "$folder/bin/python" -m pip install $quiet "$@"
fi
printf '%s\n' "$key" >"$stamp"
