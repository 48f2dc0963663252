# Boots a kernel in qemu with the host's files, and lets it run the checks.

# The modules that the guest needs before it has the host's files. It loads others from there.
early_modules='virtio_pci 9pnet_virtio 9p virtio_rng'
# The modules that a guest without the host's files needs.
static_modules='tcp_diag udp_diag unix_diag'

# Prints the directories of the host that the programs of the checks need, one a line.
#
# These are the system's, the checkout's, the toolchain's, and those of the libraries that the programs load.
host_directories() {
  local place
  for place in /usr /etc /bin /sbin /lib*; do [[ -d $place ]] && echo "$place"; done
  echo "$root"
  echo "$cache/kernels"
  echo "$results"
  if place=$(command -v swift); then dirname "$(dirname "$(readlink -f "$place")")"; fi
  ldd "$release/soak" "$debug/rangeclosePackageTests.xctest" | sed -n 's/.* => \(\/.*\)\/[^/]* (.*/\1/p' |
    grep -vE '^/(usr|lib[0-9x]*)(/|$)' | sort -u
}

# Writes the initramfs of a kernel: busybox, the first modules, the command, `init`, and what `init` has to know.
make_initramfs() {
  local image=$1 work module number=10 modules=$early_modules
  if [[ $programs ]]; then modules=$static_modules; fi
  work=$(mktemp -d "$cache/initramfs.XXXXXX")
  mkdir -p "$work"/{bin,dev,modules,new,proc,sys}
  install -m 755 "$command" "$work/bin/rangeclose"
  if [[ $programs ]]; then
    add_static_programs "$work"
  else
    install -m 755 "$(command -v busybox)" "$work/bin/busybox"
    install -m 755 "$here/guest/init" "$work/init"
    host_directories >"$work/directories"
  fi
  modprobe -d "$kernel" -S "$(ls "$kernel/modules")" --show-depends -a $modules |
    sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' >"$work/list"
  while read -r module; do
    number=$((number + 1))
    case $module in
      *.xz) xz -dc "$module" >"$work/modules/$number.ko" ;;
      *.zst) zstd -qdc "$module" >"$work/modules/$number.ko" ;;
      *) cp "$module" "$work/modules/$number.ko" ;;
    esac
  done <"$work/list"
  {
    printf 'kernel=%q\n' "$kernel"
    printf 'export KERNEL_CHECKS=%q RELEASE=%q DEBUG=%q CONSOLE=%q\n' "$here" "$release" "$debug" "$console"
    printf 'export CHECKS=%q\n' "$checks"
    printf 'export CHOSEN=%q PATIENCE=%q FORM=%q\n' "${chosen[*]}" "$patience" "$form"
  } >"$work/settings"
  (cd "$work" && find . | cpio --quiet -o -H newc | gzip -1) >"$image"
  rm -rf "$work"
}

# Adds what a guest without the host's files needs: its programs and the scripts of the checks, where the host
# has them.
add_static_programs() {
  local work=$1
  chmod 755 "$work"  # it becomes the root of the guest, in which some programs run without rights
  install -m 755 "$static_programs/bin/busybox" "$work/bin/busybox"
  install -m 755 "$static_programs/bin/bash-static" "$work/bin/bash"
  install -m 755 "$here/guest/init.static" "$work/init"
  mkdir -p "$work$release" "$work$here"
  cp "$release"/fixture-* "$work$release"
  local compat=$cache/static-$compat_debian/bin/busybox
  if [[ -e $compat ]]; then install -m 755 "$compat" "$work/bin/busybox-32"; fi
  cp -r "$here/guest" "$here/$checks" "$work$here"
}

# Boots `kernel` until it powers off, for at most so many seconds. The console goes to the file `log`.
boot() {
  local log=$1 seconds=$2 image=$1.initramfs status=0 files=()
  make_initramfs "$image" || return
  if [[ ! $programs ]]; then
    files=(-fsdev "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"
      -device virtio-9p-pci,fsdev=host,mount_tag=host)
  fi
  timeout -k 5 "$seconds" "${qemu[@]}" -smp 2 -m "$memory" -nodefaults -no-reboot -display none \
    -kernel "$kernel/vmlinuz" -initrd "$image" -append "console=$console $append quiet panic=-1" \
    "${serial[@]}" "file:$log" "${files[@]}" -device virtio-rng-pci </dev/null >"$log.qemu" 2>&1 &
  # The background does not get the terminal's SIGINT. `run` ends this process if it is ended itself.
  echo $! >"$log.pid"
  wait $! || status=$?
  rm -f "$image" "$log.pid"
  return $status
}
