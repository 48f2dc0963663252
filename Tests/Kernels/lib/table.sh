# Reads the results of the guests, which are lines "@@ NAME RESULT SECONDS DETAIL" on their consoles.

# Prints the names of the checks that this run was asked for.
chosen_checks() {
  local name form_of rest
  while IFS='|' read -r name form_of rest; do
    name=${name// /}
    [[ $only && " $only " != *" $name "* ]] && continue
    [[ ! $only && $form == short && ${form_of// /} != short ]] && continue
    echo "$name"
  done < <(lines checks)
}

# Prints the sum of the deadlines of these checks.
check_seconds() {
  local name sum=0
  for name in $(chosen_checks); do
    sum=$((sum + patience * $(column "$name" 3)))
  done
  echo "$sum"
}

# Prints a column of the line that the list has for a check.
column() { lines checks | awk -F' *[|] *' -v name="$1" -v column="$2" '$1 == name { print $column }'; }

# Prints the result of a check in a guest: held, FAILED, skipped, or `none` if the guest did not come to it.
result() {
  tr -d '\r' <"$results/$1" | awk -v name="$2" '
    $1 == "@@" && $2 == name && $3 != "begins" { found = $3 } END { print found == "" ? "none" : found }'
}

release_of() { tr -d '\r' <"$results/$1" | awk '$1 == "@@" && $2 == "kernel" { print $3; exit }'; }

# Prints what the guest printed from the beginning of each check that did not hold.
print_failures() {
  local kernel name
  for kernel in "${booted[@]}"; do
    for name in $(chosen_checks); do
      case $(result "$kernel" "$name") in
        held | skipped) ;;
        none) printf '\n%s: no result of the check %s\n' "$kernel" "$name" ;;
        *)
          printf '\n%s: the check %s failed. The console:\n' "$kernel" "$name"
          tr -d '\r' <"$results/$kernel" | sed -n "/^@@ $name begins/,/^@@ $name [A-Zhs]/ s/^/    /p"
          ;;
      esac
    done
  done
}

# Prints the table in Markdown: a line for each promise, and a column for each kernel.
print_table() {
  local kernel name
  printf '| promise |'
  for kernel in "${booted[@]}"; do printf ' %s |' "$(release_of "$kernel" | sed "s/-$debian\$//")"; done
  printf '\n|---|'
  for kernel in "${booted[@]}"; do printf -- '---|'; done
  printf '\n'
  for name in $(chosen_checks); do
    printf '| **%s** %s |' "$name" "$(column "$name" 4)"
    for kernel in "${booted[@]}"; do printf ' %s |' "$(result "$kernel" "$name")"; done
    printf '\n'
  done
}

all_held() {
  local kernel name
  for kernel in "${booted[@]}"; do
    for name in $(chosen_checks); do
      [[ $(result "$kernel" "$name") =~ ^(held|skipped)$ ]] || return 1
    done
  done
}

# Keeps a table in RESULTS.md, with what it was made with.
write_results() {
  {
    printf '# Promises and kernels\n\n'
    printf '`Tests/Kernels/run --write` wrote this page on %s.\n' "$(date -u +%Y-%m-%d)"
    printf '[README.md](README.md) says what a cell means.\n\n'
    printf 'Commit %s, ' "$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)"
    printf 'architecture %s, %s, two processors.\n\n%s\n' "$arch" "$("${qemu[0]}" --version | sed 's/ (.*//; q')" "$1"
  } >"$here/RESULTS.md"
}
