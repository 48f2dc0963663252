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
  done < <(lines "$checks")
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

# Keeps the outcomes of this run in files, one for each kernel, with a line for each check: its name, outcome,
# form, date and commit. Outcomes of other checks stay, unless they are of another release of the kernel.
keep_results() {
  local kernel name file kept date commit
  date=$(date -u +%Y-%m-%d)
  commit=$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)
  mkdir -p "$here/results/$arch"
  for kernel in "${booted[@]}"; do
    [[ ${releases[$kernel]:-} ]] || continue
    file=$here/results/$arch/$kernel kept=''
    if [[ -e $file ]] && grep -qxF "kernel ${releases[$kernel]}" "$file"; then kept=$(tail -n +2 "$file"); fi
    {
      printf 'kernel %s\n' "${releases[$kernel]}"
      while read -r name; do
        if [[ " ${chosen[*]} " == *" $name "* ]]; then
          printf '%s %s %s %s %s\n' "$name" "${outcomes[$kernel/$name]:-none}" "$form" "$date" "$commit"
        else
          awk -v name="$name" '$1 == name' <<<"$kept"
        fi
      done < <(lines "$checks" | awk '{ print $1 }')
    } >"$file.new"
    mv "$file.new" "$file"
  done
}

# Prints the lines of all lists of checks. A name that several lists have is there once.
all_checks() {
  local list
  for list in "$here"/checks "$here"/checks.*; do lines "$(basename "$list")"; done |
    awk -F'|' '!seen[$1]++'
}

# Reads the kept outcomes of one kernel of one architecture into the variables of `write_results`.
read_kept() {
  local column=$1/$2 name cell file=$here/results/$1/$2
  [[ -e $file ]] || return 0
  kept_columns+=("$column")
  titles[$column]="$(awk 'NR == 1 { print $2 }' "$file") $1"
  while read -r name cell _; do kept[$column/$name]=$cell; done < <(tail -n +2 "$file")
  when[$column]=$(awk 'NR > 1 { print $4 ", commit " $5 ", " $3 " form" }' "$file" | sort | uniq -c |
    sed 's/^ *\([0-9]*\) /\1 checks on /; s/^1 checks/1 check/')
}

# Makes RESULTS.md from the files of all runs.
write_results() {
  local column name of kernel cell
  local -A kept=() titles=() when=()
  local kept_columns=()
  for of in "$here"/arch/*; do
    while read -r kernel _; do read_kept "$(basename "$of")" "$kernel"; done < <(lines kernels)
  done
  {
    printf '# Promises and kernels\n\n'
    printf '`Tests/Kernels/run --write` keeps the last outcome of each check on each kernel in `results`, and makes\n'
    printf 'this page of them. The guests had two processors, emulated by %s.\n' \
      "$("${qemu[0]}" --version | sed 's/ (.*//; q')"
    printf '[README.md](README.md) says what the cells mean; `-` stands for a check that has not run there.\n\n'
    printf '| check | promise |'
    for column in "${kept_columns[@]}"; do printf ' %s |' "${titles[$column]}"; done
    printf '\n|---|---|'
    for column in "${kept_columns[@]}"; do printf -- '---|'; done
    while IFS='|' read -r name _ _ cell _; do
      name=${name// /} cell=${cell# }
      printf '\n| %s | %s |' "$name" "${cell% }"
      for column in "${kept_columns[@]}"; do printf ' %s |' "${kept[$column/$name]:--}"; done
    done < <(all_checks)
    printf '\n\nThe outcomes are of these days:\n\n'
    for column in "${kept_columns[@]}"; do
      printf -- '- %s: %s\n' "${titles[$column]}" "$(paste -sd';' <<<"${when[$column]}" | sed 's/;/; /g')"
    done
    # What people add below this line stays.
    printf '\n## Notes\n'
    sed '1,/^## Notes$/d' "$here/RESULTS.md"
  } >"$here/RESULTS.md.new"
  mv "$here/RESULTS.md.new" "$here/RESULTS.md"
}
