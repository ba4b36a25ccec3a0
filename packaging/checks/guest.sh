#!/bin/bash
# Runs in the virtual machine of boot.sh, as root, with the packages beside it.
set -Eeuo pipefail
cd /check
export DEBIAN_FRONTEND=noninteractive HOME=/root LC_ALL=C.UTF-8

fail() {
    trap - ERR
    echo "FAILED: $*"
    tail -n 30 /check/apt.log || true
    journalctl -u omsd -u oms-simcloud -n 60 --no-pager -o cat || true
    exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
trap 'echo "ended with $?"; sync' EXIT
ok() { echo "ok: $*"; }
now() { date +%s%N; }
since() { echo "$((($(now) - $1) / 1000000)) ms"; }
install() { apt-get install -y -q --allow-downgrades -o Dpkg::Options::=--force-confold "$@" >>/check/apt.log 2>&1; }
# until SECONDS COMMAND...
until_done() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}
pid() { systemctl show -P MainPID omsd; }

version=$(dpkg-deb -f openmultistack_*.deb Version)

began=$(now)
install ./earlier/openmultistack.deb
systemctl is-active --quiet omsd.service omsd.socket
ok "installed and READY after $(since "$began")"

useradd -m member && useradd -m stranger && usermod -aG oms member
omsctl status >/dev/null
runuser -u member -- omsctl status >/dev/null
! runuser -u stranger -- omsctl status >/dev/null 2>/check/refused || fail "a stranger was let in"
ok "status for root and members of oms; a stranger is told: $(tail -n1 /check/refused)"

install ./earlier/openmultistack-demo.deb
! systemctl is-active --quiet oms-simcloud.service || fail "the demo started by itself"
systemctl start oms-simcloud
until_done 60 test -s /run/oms-simcloud/clouds.yaml
omsctl account import --clouds-yaml /run/oms-simcloud/clouds.yaml --cloud alpha,beta --image debian-12 --flavor g-1gb >/dev/null
launched=$(now)
omsctl queue create --wait --name first >/dev/null
ok "first instance runs $(since "$launched") after it was asked for, $(since "$began") after the installation began"

[[ $(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8780/readyz) == 200 ]]
curl -s -L http://127.0.0.1:8780/ | grep -q '<html' || fail "no page"
ok "the page answers"

before=$(pid)
kill -9 "$before"
until_done 30 omsctl queue show first
[[ $(pid) != "$before" && $(omsctl queue show first -o json | grep -c '"RUN"') -ge 1 ]]
ok "kill -9 is survived"

mkdir -p /run/systemd/system/omsd.service.d
printf '[Service]\nWatchdogSec=5s\n' >/run/systemd/system/omsd.service.d/check.conf
systemctl daemon-reload && systemctl restart omsd
before=$(pid)
kill -STOP "$before"
stopped=$(now)
until_done 60 bash -c "[[ \$(systemctl show -P MainPID omsd) != $before ]]"
until_done 30 omsctl status
ok "a hung daemon is restarted $(since "$stopped") later (WatchdogSec=5s)"
rm -r /run/systemd/system/omsd.service.d && systemctl daemon-reload

echo "upgrades"
sed -i 's/^#look_idle_seconds = .*/look_idle_seconds = 30/' /etc/oms/omsd.toml
omsctl queue create --name flying --count 3 >/dev/null
install ./openmultistack_*.deb ./openmultistack-demo_*.deb
[[ $(dpkg-query -W -f '${Version}' openmultistack) == "$version" ]]
# shellcheck disable=SC2016
until_done 60 bash -c '[[ $(omsctl queue list --status RUN -o name | wc -l) == 4 ]]'
[[ $(omsctl instance list -o name | wc -l) == 4 ]]
ls /var/lib/oms/before-upgrade-from-*.redb >/dev/null
grep -q 'look_idle_seconds = 30' /etc/oms/omsd.toml
omsctl gc --dry-run -o json >/check/gc
ok "an upgrade with three entries in flight ends with four instances, a copy of the database and the edited settings"

systemd-analyze verify omsd.service omsd.socket omsd-http.socket oms-simcloud.service omsd-demo.service
systemd-analyze security --no-pager --threshold=15 omsd.service | tail -n 1
ok "units verified; exposure as above"
omsctl doctor || true

printf 'garbage = 1\n' >/etc/oms/omsd.d-check.toml
systemctl stop omsd.socket omsd.service
install ./earlier/openmultistack.deb ./earlier/openmultistack-demo.deb
until_done 30 omsctl status
ok "the version before works on the same database"
rm /etc/oms/omsd.d-check.toml

apt-get remove -y -q openmultistack openmultistack-demo >>/check/apt.log 2>&1
test -f /var/lib/oms/oms.redb && test ! -e /usr/sbin/omsd
grep -q 'entries are in the queue' /check/apt.log
install ./openmultistack_*.deb ./openmultistack-demo_*.deb
until_done 30 omsctl status
systemctl start oms-simcloud
[[ $(omsctl queue list -o name | wc -l) == 4 ]]
ok "removed, said what stays at the clouds, and installed again with all its data"

apt-get purge -y -q openmultistack openmultistack-demo >>/check/apt.log 2>&1
for left in /var/lib/oms /etc/oms /run/oms /usr/lib/systemd/system/omsd.service /usr/sbin/omsd \
    /etc/systemd/system/multi-user.target.wants/omsd.service \
    /etc/systemd/system/sockets.target.wants/omsd.socket; do
    [[ ! -e $left && ! -L $left ]] || fail "$left is left after purge"
done
! systemctl is-active --quiet omsd.service omsd.socket || fail "the service still runs"
ok "purged; nothing is left"

echo "all is well"
