#!/usr/bin/env bash
# Boots a small Debian with systemd in a virtual machine, in which the packages are installed, used,
# broken, upgraded and purged, as guest.sh says.
#
#     packaging/checks/boot.sh FOLDER         # where build-deb.sh has put the packages
#
# Needs root for the image, and e2fsprogs, mmdebstrap and qemu-system-x86 of Debian. The root file
# system is kept in the cache, by what it is made of.
set -euo pipefail

debs=$(cd -- "${1:?usage: packaging/checks/boot.sh FOLDER}" && pwd)
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# How long the whole may take, in seconds. Without hardware to help, everything is ten times as slow.
readonly LONGEST=${OMS_BOOT_SECONDS:-900}
readonly SUITE=bookworm
readonly PARTS=systemd-sysv,dbus,linux-image-cloud-amd64,initramfs-tools,adduser,iproute2,procps,curl,python3-minimal

cache=${XDG_CACHE_HOME:-$HOME/.cache}/openmultistack
mkdir -p -- "$cache"
key=$(printf '%s %s' "$SUITE" "$PARTS" | sha256sum | cut -c1-16)
base=$cache/debian-$key.tar
if [[ ! -f $base ]]; then
    mmdebstrap --quiet --format=tar --variant=apt --include="$PARTS" "$SUITE" "$base.new"
    mv -- "$base.new" "$base"
fi

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
root=$work/root
mkdir -- "$root"
tar -xf "$base" -C "$root" --exclude='./dev/*'
mkdir -p -- "$root/check"
cp -- "$debs"/*.deb "$here/guest.sh" "$root/check/"
# The same programs as an earlier version, for the upgrade. Not packed: the machine is slow.
mkdir -- "$root/check/earlier"
version=$(dpkg-deb -f "$debs"/openmultistack_*.deb Version)
for package in openmultistack openmultistack-demo; do
    dpkg-deb -R "$debs/$package"_*.deb "$work/tree"
    sed -i "s/^Version: .*/Version: $version~earlier/; s/(= $version)/(= $version~earlier)/" \
        "$work/tree/DEBIAN/control"
    dpkg-deb -b --root-owner-group -Znone "$work/tree" "$root/check/earlier/$package.deb" >/dev/null
    rm -r -- "$work/tree"
done
cat >"$root/etc/systemd/system/check.service" <<'EOF'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /check/guest.sh
StandardOutput=file:/dev/ttyS1
StandardError=file:/dev/ttyS1
ExecStopPost=/usr/bin/systemctl poweroff
[Install]
WantedBy=graphical.target
EOF
mkdir -p -- "$root/etc/systemd/system/graphical.target.wants"
ln -s ../check.service "$root/etc/systemd/system/graphical.target.wants/"
printf 'oms-check\n' >"$root/etc/hostname"
printf '/dev/vda / ext4 defaults 0 1\n' >"$root/etc/fstab"
kernel=$(echo "$root"/boot/vmlinuz-*)
initrd=$(echo "$root"/boot/initrd.img-*)
cp -- "$kernel" "$work/vmlinuz"
cp -- "$initrd" "$work/initrd"
mke2fs -q -t ext4 -d "$root" "$work/disk" 2G

status=0
timeout "$LONGEST" qemu-system-x86_64 -machine q35 -accel "${OMS_BOOT_ACCEL:-tcg}" -cpu max -smp 2 -m 1536 \
    -kernel "$work/vmlinuz" -initrd "$work/initrd" \
    -append "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=false" \
    -drive file="$work/disk",format=raw,if=virtio,cache=unsafe \
    -display none -monitor none -nic none -no-reboot \
    -serial "file:$work/console" -serial "file:$work/said" || status=$?
cat -- "$work/said" 2>/dev/null || true
if [[ $status -ne 0 ]] || ! grep -q '^all is well' "$work/said"; then
    echo "--- the console of the virtual machine ---" >&2
    tail -n 60 -- "$work/console" >&2
    exit 1
fi
