# Boots a kernel in qemu with the host's files, and lets it run the checks.

# The modules that the guest needs before it has the host's files. It loads others from there.
early_modules='virtio_pci 9pnet_virtio 9p virtio_rng'

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
  local image=$1 work module number=10
  work=$(mktemp -d "$cache/initramfs.XXXXXX")
  mkdir -p "$work"/{bin,dev,modules,new,proc,sys}
  install -m 755 "$(command -v busybox)" "$work/bin/busybox"
  install -m 755 "$here/guest/init" "$work/init"
  install -m 755 "$command" "$work/bin/rangeclose"
  modprobe -d "$kernel" -S "$(ls "$kernel/modules")" --show-depends -a $early_modules |
    sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' >"$work/list"
  while read -r module; do
    number=$((number + 1))
    case $module in
      *.xz) xz -dc "$module" >"$work/modules/$number.ko" ;;
      *.zst) zstd -qdc "$module" >"$work/modules/$number.ko" ;;
      *) cp "$module" "$work/modules/$number.ko" ;;
    esac
  done <"$work/list"
  host_directories >"$work/directories"
  {
    printf 'kernel=%q\n' "$kernel"
    printf 'export KERNEL_CHECKS=%q RELEASE=%q DEBUG=%q CONSOLE=%q\n' "$here" "$release" "$debug" "$console"
    printf 'export CHOSEN=%q PATIENCE=%q FORM=%q\n' "${chosen[*]}" "$patience" "$form"
  } >"$work/settings"
  (cd "$work" && find . | cpio --quiet -o -H newc | gzip -1) >"$image"
  rm -rf "$work"
}

# Boots `kernel` until it powers off, for at most so many seconds. The console goes to the file `log`.
boot() {
  local log=$1 seconds=$2 image=$1.initramfs status=0
  make_initramfs "$image" || return
  timeout -k 5 "$seconds" "${qemu[@]}" -smp 2 -m "$memory" -nodefaults -no-reboot -display none \
    -kernel "$kernel/vmlinuz" -initrd "$image" -append "console=$console $append quiet panic=-1" \
    "${serial[@]}" "file:$log" \
    -fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap \
    -device virtio-9p-pci,fsdev=host,mount_tag=host -device virtio-rng-pci </dev/null >"$log.qemu" 2>&1 &
  # The background does not get the terminal's SIGINT. `run` ends this process if it is ended itself.
  echo $! >"$log.pid"
  wait $! || status=$?
  rm -f "$image" "$log.pid"
  return $status
}
