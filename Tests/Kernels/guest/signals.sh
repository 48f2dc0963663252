# Sessions while a target gets so many signals. See the fixture `signals`, and the check of this name in the soak.
. "$KERNEL_CHECKS/guest/target.sh"
held=0
for trap in default handled ignored blocked pending; do
  begin signals "$1" $trap
  round=0
  until [ $round -ge 6 ] && read -t 0 -r <&9; do
    case $((round % 3)) in
      0) selectors=(900-) ;;
      1) selectors=(900- --method=close) ;;
      2) selectors=(800-899) ;;
    esac
    "$RANGECLOSE" -q "$pid" "${selectors[@]}" || fault "$trap: exit status $?"
    round=$((round + 1))
  done
  held=$((held + round))
  read -r line <&9
  [ "$line" = sent ] || fault "$trap: $line"
  echo >&8
  while read -r line <&9 && [ "$line" != end ]; do
    awk -v trap=$trap '
      { first = $1 == "stream" ? 3 : 1; for (i = first; i < NF; i += 2) n[$i] = $(i + 1) }
      $1 == "stream" { good = n["sent"] == n["received"] && n["disorder"] == 0 && n["sent"] > 0 }
      $1 == "closed" { good = n["closed"] > 64 }
      $1 == "children" { good = n["children"] == n["chld"] && n["offstack"] == 0 && n["traps"] == 0 &&
        n["alarms"] > 0 && n["ticks"] > 0 && n["sums"] > 0 }
      END { if (!good) print trap ": " $0; exit !good }' <<<"$line" || fault "$trap: $line"
  done
  [ "$line" = end ] || fault "$trap: the target has ended"
  finish
done
echo "$held sessions"
