# Gets kernels from the Debian archive. The package lists of the suites lie below the cache, apart from the
# lists that the machine's own apt uses, so nothing of this can be installed on the machine by accident.

# Prints the address that has a suite: the mirror that the machine's apt uses, or Debian's own.
mirror() {
  local directory=debian
  [[ $1 == *-security ]] && directory=debian-security
  { apt-get indextargets --format '$(REPO_URI)' 2>/dev/null || true; } | sed 's:/*$::' |
    grep -m1 -E "/$directory\$" || echo "http://deb.debian.org/$directory"
}

# Runs a command of apt with the lists of one suite.
suite_apt() {
  local command=$1 suite=$2
  shift 2
  local of=$cache/suites/$debian-$suite
  # Release files of old suites have expired. The signature still proves where a kernel comes from.
  "$command" -o APT::Architecture="$debian" -o APT::Architectures="$debian" \
    -o Dir::Etc::sourcelist="$of/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State="$of" -o Dir::State::lists="$of/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$of" \
    -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none \
    -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o APT::Update::Error-Mode=any "$@"
}

# Fetches the lists of a suite, once per run. `fetched` is yes then, or no if the archive does not have the suite.
fetch_suite() {
  local suite=$1 of=$cache/suites/$debian-$1
  [[ ! ${fetched[$suite]:-} ]] || return 0
  fetched[$suite]=yes
  mkdir -p "$of/lists/partial" "$of/archives/partial"
  echo "deb $(mirror "$suite") $suite main" >"$of/sources.list"
  if ! suite_apt apt-get "$suite" -qq update >"$of/update.log" 2>&1; then
    if compgen -G "$of/lists/*_Packages" >/dev/null; then
      say "the lists of $suite cannot be fetched now, so its older lists are used:"
    else
      say "$(mirror "$suite") does not have the suite $suite any more, or cannot be reached:"
      fetched[$suite]=no
    fi
    sed 's/^/    /' "$of/update.log" >&2
  fi
}

# Prints SUITE PACKAGE of the newest kernel image of a series and a flavour in some suites.
#
# Names are linux-image-6.1.0-56-amd64 or linux-image-7.3.4+deb13-rt-amd64. The pattern leaves out kernels for
# cloud machines, debugging symbols, and kernels that an older suite has from a newer one (6.1.0-0.deb11.52).
find_kernel() {
  local suites=${1//,/ } series=${2//./\\.} flavour=$3 suite
  [[ $2 == newest ]] && series='[0-9]+\.[0-9]+'
  [[ $flavour == - ]] && flavour= || flavour=-$flavour
  for suite in $suites; do
    [[ ${fetched[$suite]} == yes ]] || continue
    suite_apt apt-cache "$suite" pkgnames linux-image- |
      grep -E "^linux-image-$series(\.[0-9]+)*(-[0-9]+|\+deb[0-9]+)$flavour-$debian\$" | sed "s/^/$suite /" || true
  done | sort -k2,2V | tail -n1
}

# Prints the names of the packages that a kernel consists of: one, or several since Debian's 6.19.
kernel_packages() {
  suite_apt apt-cache "$1" depends "$2" | awk -v of="${2#linux-image-}" '
    $1 == "Depends:" && $2 ~ /^linux-(base|binary|modules)-[0-9]/ { print $2; parts++ }
    END { if (!parts) print "linux-image-" of }'
}

# Unpacks the packages of a directory there, and leaves `vmlinuz` and `modules/VERSION`.
unpack_kernel() {
  local package
  for package in "$1"/*.deb; do dpkg-deb -x "$package" "$1/files" || return; done
  # depmod(8) and modprobe(8) look below lib/modules.
  mkdir -p "$1/modules" "$1/lib" && ln -s ../modules "$1/lib/modules" || return
  find "$1"/files/lib/modules "$1"/files/usr/lib/modules -mindepth 1 -maxdepth 1 -exec mv {} "$1/modules/" \; \
    2>/dev/null
  depmod -b "$1" "$(ls "$1/modules")" &&
    mv "$(compgen -G "$1/files/boot/vmlinuz-*" || compgen -G "$1/modules/*/vmlinuz")" "$1/vmlinuz" &&
    rm -rf "$1/files" "$1"/*.deb
}

# Gets the static programs of a guest that has nothing of the host: `static_programs` is a directory with them.
get_static_programs() {
  static_programs=$cache/static-$debian
  get_static "$debian" $static_packages || fail "$static_packages cannot be fetched"
  # A program of 32 bits is a target that has to be refused. Without it, its check is skipped.
  if [[ $compat_debian ]]; then get_static "$compat_debian" busybox-static || true; fi
}

# Unpacks packages of an architecture in a directory of the cache.
get_static() (
  debian=$1 directory=$cache/static-$1
  shift
  [[ ! -e $directory/bin/busybox ]] || return 0
  fetched=()
  fetch_suite "$static_suite"
  work=$(mktemp -d "$cache/static.XXXXXX")
  cd "$work" && suite_apt apt-get "$static_suite" -qq download "$@" || return
  for package in *.deb; do dpkg-deb -x "$package" . || return; done
  rm ./*.deb && chmod 755 "$work" && mv "$work" "$directory"
)

# Gets a kernel, and sets `kernel`: the directory that has `vmlinuz` and `modules/VERSION`.
get_kernel() {
  local suite package work
  for suite in ${2//,/ }; do fetch_suite "$suite"; done
  read -r suite package < <(find_kernel "$2" "$3" "$4") || { say "no suite of $2 has the kernel $1"; return 1; }
  # An update may keep the name of the package.
  kernel=$cache/kernels/$package=$(suite_apt apt-cache "$suite" show "$package" |
    sed -n 's/^Version: //p' | head -n1)
  [[ -e $kernel/vmlinuz ]] && return
  say "fetching $package from $suite"
  work=$(mktemp -d "$cache/kernels/new.XXXXXX")
  # shellcheck disable=SC2046
  if (cd "$work" && suite_apt apt-get "$suite" -qq download $(kernel_packages "$suite" "$package")) &&
    unpack_kernel "$work" && chmod 755 "$work" && mv "$work" "$kernel"; then
    return
  fi
  rm -rf "$work"
  say "the kernel $1 ($package) cannot be fetched"
  return 1
}
