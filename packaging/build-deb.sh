#!/usr/bin/env bash
# Builds the Debian packages openmultistack and openmultistack-demo, with debhelper.
#
#     packaging/build-deb.sh [FOLDER]      # into FOLDER, target/debian unless told otherwise
#     OMS_PROFILE=dev packaging/build-deb.sh [FOLDER]   # of the programs that the tests use: for a
#                                                       # look at the packages, not for others
#
# Two builds of one commit with one tool chain give the same bytes: the time in them is that of
# debian/changelog, and no path of this machine is in the programs. Needs Rust, a C compiler, and
# debhelper, fakeroot, help2man, python3 and scdoc of Debian, and
# cargo-cyclonedx of crates.io.
set -euo pipefail

packaging=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
repository=$(dirname -- "$packaging")
cd -- "$repository"

target=${CARGO_TARGET_DIR:-$repository/target}
out=$(mkdir -p -- "${1:-$target/debian}" && cd -- "${1:-$target/debian}" && pwd)
epoch=$(dpkg-parsechangelog -l "$packaging/debian/changelog" -S Timestamp)
export SOURCE_DATE_EPOCH=$epoch LC_ALL=C.UTF-8 TZ=UTC

for tool in cargo-cyclonedx dh fakeroot help2man python3 scdoc; do
    command -v "$tool" >/dev/null || {
        echo "$tool is missing; apt-get install debhelper fakeroot help2man python3 scdoc;" \
            "cargo install --locked cargo-cyclonedx" >&2
        exit 1
    }
done

profile=${OMS_PROFILE:-release}
programs=(omsd omsctl omstui oms-demo oms-simcloud)
# Nothing of an earlier build may find its way in.
export CARGO_INCREMENTAL=0
if [[ $profile == release ]]; then
    maps=(
        "--remap-path-prefix=$repository=/usr/src/openmultistack"
        "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/usr/share/cargo"
        "--remap-path-prefix=$(rustc --print sysroot)=/usr/lib/rust"
    )
    export RUSTFLAGS="${RUSTFLAGS:-} ${maps[*]}"
fi
cargo build --workspace --locked --profile "$profile" "${programs[@]/#/--bin=}"
built=$target/$([[ $profile == dev ]] && echo debug || echo "$profile")

stage=$(mktemp -d)
trap 'rm -rf -- "$stage"' EXIT
source=$stage/openmultistack
mkdir -p -- "$source/programs" "$source/man" "$source/completions"
cp -r -- "$packaging/debian" "$packaging/config" "$packaging/prometheus" \
    "$packaging/grafana" "$packaging/proxy" "$packaging/demo" README.md "$source/"
cp -- tests/scenarios/calm.toml "$source/demo/"
for program in "${programs[@]}"; do
    install -m 755 -- "$built/$program" "$source/programs/$program"
done

"$built/omsctl" man "$source/man"
page() { # program section what-it-is
    local include=()
    [[ -f $packaging/man/$1.h2m ]] && include=(--include "$packaging/man/$1.h2m")
    help2man --no-info --section "$2" --name "$3" --source OpenMultiStack "${include[@]}" \
        --output "$source/man/$1.$2" "$built/$1"
}
page omsd 8 'the daemon of OpenMultiStack'
page omstui 1 'the live dashboard of OpenMultiStack'
page oms-demo 1 'show OpenMultiStack on simulated clouds'
page oms-simcloud 1 'serve simulated OpenStack clouds'
for page in "$packaging"/man/*.scd; do
    name=$(basename -- "$page" .scd)
    scdoc <"$page" >"$source/man/$name"
done
python3 "$packaging/toml-page.py" "$packaging/config/omsd.toml" | scdoc >"$source/man/omsd.toml.5"
for file in bash:omsctl zsh:_omsctl fish:omsctl.fish; do
    mkdir -p -- "$source/completions/${file%%:*}"
    "$built/omsctl" completion "${file%%:*}" >"$source/completions/${file%%:*}/${file#*:}"
done
python3 "$packaging/licences.py" "$source/debian"
# Bills of materials in CycloneDX. cargo-cyclonedx writes one beside the manifest of every package.
readonly BILL=openmultistack.cdx
trap 'find . -name "$BILL.json" -not -path "./target/*" -delete; rm -rf -- "$stage"' EXIT
cargo cyclonedx --quiet --format json --override-filename "$BILL"
for crate in omsd omsctl omstui; do
    # Without the number that is drawn for each bill, of the time of the package, and without where
    # this checkout is.
    sed -e '/^ *"serialNumber": /d' \
        -e "s|^\( *\"timestamp\": \)\"[^\"]*\"|\1\"$(date -d "@$epoch" +%FT%TZ)\"|" \
        -e "s|file://$repository|file:///usr/src/openmultistack|g" \
        -- "$crate/$BILL.json" >"$source/$crate.cdx.json"
done
# Where debhelper looks for units.
for unit in omsd.service omsd.socket omsd-http.socket; do
    cp -- "$packaging/systemd/$unit" "$source/debian/openmultistack.$unit"
done
for unit in oms-simcloud.service omsd-demo.service; do
    cp -- "$packaging/systemd/$unit" "$source/debian/openmultistack-demo.$unit"
done

export DEB_BUILD_OPTIONS=noautodbgsym
(cd -- "$source" && dpkg-buildpackage -b -uc -us -d >"$stage/log" 2>&1) || {
    cat -- "$stage/log" >&2
    exit 1
}
install -m 644 -t "$out" -- "$stage"/*.deb

for program in omsd omsctl omstui; do
    printf '%-12s %9d bytes\n' "$program" "$(stat -c %s -- "$built/$program")"
done
for package in "$stage"/*.deb; do
    printf '%s %d bytes, sha256 %s\n' "$(basename -- "$package")" "$(stat -c %s -- "$package")" \
        "$(sha256sum -- "$package" | cut -d' ' -f1)"
done
