# Sessions with targets that count in restartable sequences; the argument is how many. See the fixture `rseq`.
. "$KERNEL_CHECKS/guest/target.sh"
for area in library own; do
  for calls in some none; do
    export GLIBC_TUNABLES=glibc.pthread.rseq=0
    [ $area = own ] || unset GLIBC_TUNABLES
    begin rseq $area $calls none
    [ "$answer" = ready ] || { echo "$area: no restartable sequences"; finish; continue; }
    for ((round = 0; round < $1; round++)); do
      "$RANGECLOSE" -q "$pid" 800-899 || fault "$area, $calls: exit status $?"
    done
    if [ $calls = none ]; then kill -USR1 "$pid"; else echo >&8; fi
    read -r _ counted _ sum _ aborts <&9
    [ "$counted" = "$sum" ] && [ "$counted" -gt 0 ] || fault "$area, $calls: counted $counted, and not $sum"
    echo "$area, $calls: counted $counted, aborts $aborts"
    finish
  done
done
