# The memory of a target that changes nothing, before and after so many sessions. See `unchanging-memory`.
. "$KERNEL_CHECKS/guest/target.sh"
export GLIBC_TUNABLES=glibc.pthread.rseq=0

# Prints a checksum of each mapping that the process can read, without those that the kernel writes.
snapshot() {
  local ends mode name first end
  while read -r ends mode _ _ _ name; do
    [[ $mode == r* && $name != '[vvar'* ]] || continue
    first=$((16#${ends%-*})) end=$((16#${ends#*-}))
    # dd(1) would take a minute for a large mapping byte by byte, so it reads pages.
    echo "$ends $name $(dd if="/proc/$pid/mem" bs=4096 skip=$((first / 4096)) count=$(((end - first) / 4096)) 2>/dev/null | cksum)"
  done <"/proc/$pid/maps"
}

all=0
for roles in spin read futex epoll_wait 'spin read futex epoll_wait' 'read spin futex epoll_wait'; do
  begin unchanging-memory 150 $roles
  usleep 200000
  before=$(snapshot)
  [ "$(wc -l <<<"$before")" -gt 5 ] || fault "too few mappings: $before"
  for ((round = 0; round < $1; round++)); do
    number=$((5 + round))
    case $((round % 3)) in
      0) selectors=($number) ;;
      1) selectors=(200-300 --method=close_range) ;;
      2) selectors=($number --method=close) ;;
    esac
    "$RANGECLOSE" -q "$pid" "${selectors[@]}" || fault "$roles: exit status $?"
    all=$((all + 1))
  done
  usleep 200000
  after=$(snapshot)
  [ "$before" = "$after" ] || fault "$roles: $(diff <(echo "$before") <(echo "$after"))"
  kill "$pid"
  finish
done
echo "$all sessions, $(wc -l <<<"$before") mappings compared"
