# Sessions with a target whose threads or processes start and exit all the time. The arguments are `threads` or
# `lives`, and how many sessions.
. "$KERNEL_CHECKS/guest/target.sh"
kind=$1 count=$2 found=0

# Expects that no thread of the target has been left stopped.
expect_no_stopped() {
  ! grep -lqE '^State:.(t|T)' /proc/"$pid"/task/*/status 2>/dev/null || fault 'a thread was left stopped'
}

if [ $kind = threads ]; then
  for leader in live-leader exited-leader; do
    begin threads $leader
    for ((round = 0; round < count; round++)); do
      expect ok open
      # The emulation and a busy host may take longer than the default.
      rangeclose 0 --timeout=60 "$pid" 900-907,909
      expect_no_stopped
      expect '100 101 102 103 104 105 106 107 108 109 908' table
    done
    read -ra words < <(ask end)
    [ "${words[1]} ${words[5]} ${words[7]}" = "${words[3]} 0 200" ] || fault "$leader: ${words[*]}"
    finish
  done
  echo "$((2 * count)) sessions; the last target: ${words[*]}"
  exit
fi
for mode in fork exec both; do
  begin fork-exec-exit $mode
  for ((round = 0; round < count; round++)); do
    status=0
    "$RANGECLOSE" "$pid" 900- >"$place/printed" 2>&1 || status=$?
    # A target that has become another program is not the one that was asked for.
    case $status in
      0) ;;
      3) grep -q 'exited meanwhile' "$place/printed" || fault "$mode: $(cat "$place/printed")"
         found=$((found + 1)) ;;
      *) fault "$mode: exit status $status: $(cat "$place/printed")" ;;
    esac
    expect_no_stopped
  done
  read -ra words < <(ask)
  [ "${words[1]} ${words[5]}" = "${words[3]} 0" ] || fault "$mode: ${words[*]}"
  finish
done
echo "$((3 * count)) sessions, $found found another program; the last target: ${words[*]}"
