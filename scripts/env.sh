# Sourced by the other scripts: brings uv, Python 3.14 and virtual environments; quick when all is there.
# shellcheck shell=bash

CACHE=${XIAO_GPT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xiao-gpt}
UV_VERSION=0.13.8

# Run a command as root where that needs no password; say what is missing where it does.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif sudo -n true 2>/dev/null; then
        sudo "$@"
    else
        echo "This needs root once: $*" >&2
        return 1
    fi
}

# Install Debian packages that are not there yet.
debian_packages() {
    command -v apt-get >/dev/null || {
        echo "Please install: $*" >&2
        return 1
    }
    local missing=()
    local package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    echo "Installing ${missing[*]} ..." >&2
    mkdir -p "$CACHE"
    if ! { as_root apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >"$CACHE/apt.log" 2>&1; then
        tail -n 20 "$CACHE/apt.log" >&2
        return 1
    fi
}

# The path of uv, from PATH or from a small environment of its own.
uv_path() {
    local own=$CACHE/uv-$UV_VERSION
    if command -v uv >/dev/null; then
        command -v uv
        return
    fi
    if [ ! -x "$own/bin/uv" ]; then
        rm -rf "$own"
        python3 -m venv "$own" >/dev/null 2>&1 || {
            debian_packages python3-venv ca-certificates && rm -rf "$own" && python3 -m venv "$own" >&2
        }
        "$own/bin/pip" install --quiet --disable-pip-version-check "uv==$UV_VERSION" >&2
    fi
    printf '%s\n' "$own/bin/uv"
}

# environment NAME DIR: the virtual environment of requirements/NAME.txt in DIR, made anew when the file changed.
environment() {
    local requirements=requirements/$1.txt dir=$2 uv python stamp
    stamp=$(cat "$requirements" scripts/python314 scripts/env.sh | sha256sum | cut -d' ' -f1)
    if [ -x "$dir/bin/python" ] && [ "$(cat "$dir/.stamp" 2>/dev/null)" = "$stamp" ] && "$dir/bin/python" -c ''; then
        return
    fi
    uv=$(uv_path)
    python=$(scripts/python314 "$uv" "$CACHE")
    # Two small audio libraries of Home Assistant have no wheel for CPython 3.14 and are compiled.
    command -v c++ >/dev/null || debian_packages g++
    echo "Installing $requirements into $dir ..." >&2
    "$uv" venv --quiet --clear --python "$python" "$dir"
    CPATH="$("$python" -c 'import sysconfig; p = sysconfig.get_paths(); print(p["include"])'):$CACHE/python3.14/usr/include" \
        "$uv" pip install --quiet --python "$dir/bin/python" --requirement "$requirements"
    echo "$stamp" >"$dir/.stamp"
}

# A browser and a Chinese font for the browser test.
browser() {
    command -v chromium >/dev/null || debian_packages chromium
    fc-list :lang=zh-cn 2>/dev/null | grep -q . || debian_packages fonts-noto-cjk fontconfig
}
