#!/usr/bin/env bash
# Looks the built packages over: lintian, what is in them and with which rights, the monitoring files
# and the examples, and that a second build has the same bytes.
#
#     packaging/checks/package.sh FOLDER      # where build-deb.sh has put them
set -euo pipefail

debs=${1:?usage: packaging/checks/package.sh FOLDER}
packaging=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

lintian --fail-on error,warning --tag-display-limit 0 "$debs"/*.deb
echo "lintian finds nothing"

listing=$(dpkg-deb -c "$debs"/openmultistack_*.deb)
for path in ./usr/sbin/omsd ./usr/bin/omsctl ./usr/bin/omstui ./etc/oms/omsd.toml \
    ./lib/systemd/system/omsd.service ./lib/systemd/system/omsd.socket \
    ./usr/lib/sysusers.d/openmultistack.conf ./usr/share/man/man1/omsctl.1.gz \
    ./usr/share/man/man1/omstui.1.gz ./usr/share/man/man5/omsd.toml.5.gz \
    ./usr/share/man/man7/oms-api.7.gz ./usr/share/man/man7/oms-failures.7.gz \
    ./usr/share/man/man8/omsd.8.gz ./usr/share/bash-completion/completions/omsctl \
    ./usr/share/doc/openmultistack/copyright; do
    grep -Eq -- " \./(usr/)?${path#./}\$" <<<"$listing" || {
        echo "$path is not in the package" >&2
        exit 1
    }
done
echo "all that should be in the package is"

for page in $(dpkg-deb -c "$debs"/openmultistack_*.deb | grep -o '\./usr/share/man/.*\.gz$'); do
    said=$(dpkg-deb --fsys-tarfile "$debs"/openmultistack_*.deb | tar -xO "$page" | gunzip |
        man --warnings -l - 2>&1 >/dev/null)
    [[ -z $said ]] || {
        echo "$page: $said" >&2
        exit 1
    }
done
echo "all manual pages read well"

promtool check rules "$packaging/prometheus/openmultistack.rules.yml"
python3 -m json.tool "$packaging/grafana/openmultistack.json" >/dev/null

again=$(mktemp -d)
trap 'rm -rf -- "$again"' EXIT
"$packaging/build-deb.sh" "$again" >/dev/null
for deb in "$debs"/*.deb; do
    cmp -- "$deb" "$again/$(basename -- "$deb")"
done
echo "a second build has the same bytes"
