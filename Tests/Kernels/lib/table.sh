# Reads the list of checks and the results of the guests, which are lines "@@ NAME RESULT SECONDS DETAIL" on
# their consoles, and prints the table.

# Sets `chosen` to the names of the checks that this run is asked for, and `deadlines` and `promises` of each.
choose_checks() {
  local name form_of seconds promise
  while IFS='|' read -r name form_of seconds promise _; do
    name=${name// /} form_of=${form_of// /}
    if [[ $only ]]; then
      [[ " $only " == *" $name "* ]] || continue
    elif [[ $form == short && $form_of != short ]]; then
      continue
    fi
    chosen+=("$name")
    deadlines[$name]=$((${seconds// /} * patience))
    promise=${promise# }
    promises[$name]=${promise% }
  done < <(lines checks)
}

# Reads the console of a guest, and sets `releases`, and `outcomes` of each check: held, FAILED, skipped, or none
# if the guest did not come to its end.
read_console() {
  local kernel=$1 mark name outcome
  while read -r mark name outcome _; do
    if [[ $name == kernel ]]; then releases[$kernel]=${outcome%-"$debian"}
    elif [[ $outcome != begins ]]; then outcomes[$kernel/$name]=$outcome
    fi
  done < <(tr -d '\r' <"$results/$kernel" | grep -a '^@@ ')
}

# Prints what the guests printed during each check that did not hold. Returns 1 if there is one.
print_failures() {
  local kernel name status=0
  for kernel in "${booted[@]}"; do
    for name in "${chosen[@]}"; do
      case ${outcomes[$kernel/$name]:-none} in
        held | skipped) continue ;;
        none) printf '\n%s: no result of the check %s\n' "$kernel" "$name" ;;
        *)
          printf '\n%s: the check %s failed. The console:\n' "$kernel" "$name"
          tr -d '\r' <"$results/$kernel" | sed -n "/^@@ $name begins/,/^@@ $name [A-Zhs]/ s/^/    /p"
          ;;
      esac
      status=1
    done
  done
  return $status
}

# Prints the table in Markdown: a line for each promise, and a column for each kernel.
print_table() {
  local kernel name
  printf '| check | promise |'
  for kernel in "${booted[@]}"; do printf ' %s |' "${releases[$kernel]:-$kernel}"; done
  printf '\n|---|---|'
  for kernel in "${booted[@]}"; do printf -- '---|'; done
  for name in "${chosen[@]}"; do
    printf '\n| %s | %s |' "$name" "${promises[$name]}"
    for kernel in "${booted[@]}"; do printf ' %s |' "${outcomes[$kernel/$name]:-none}"; done
  done
  printf '\n'
}

# Keeps the table in RESULTS.md, with what it was made with.
write_results() {
  {
    printf '# Promises and kernels\n\n'
    printf '`Tests/Kernels/run --write` wrote this page on %s, ' "$(date -u +%Y-%m-%d)"
    printf 'from commit %s.\n' "$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)"
    printf 'The guests had two processors (%s), emulated by %s. ' \
      "$arch" "$("${qemu[0]}" --version | sed 's/ (.*//; q')"
    printf 'The checks ran in the %s form.\n' "$form"
    printf '[README.md](README.md) says what the cells mean.\n\n%s\n' "$1"
  } >"$here/RESULTS.md"
}
