# The promises that one target and a few sessions show. The argument is the name of the check.
. "$KERNEL_CHECKS/guest/target.sh"
directory=$(mktemp -d)

case $1 in
  ranges)
    start
    expect ok leak 3 40
    rangeclose 0 "$pid" 5,7-9,20-
    expect '0-4 6 10-19' list
    rangeclose 0 "$pid" "$(seq -s, 10 2 18)"
    expect '0-4 6 11 13 15 17 19' list
    rangeclose 0 "$pid" 3-
    expect 0-2 list
    ;;
  deleted)
    start
    expect ok open 3 "$directory/kept"
    expect ok open 5 "$directory/gone"
    expect ok memfd 6
    rm "$directory/gone"
    rangeclose 0 "$pid" "deleted and not type:memfd"
    expect '0-3 6' list
    ;;
  path)
    start
    expect ok open 3 "$directory/a.log"
    expect ok open 4 "$directory/b.txt"
    expect ok open 5 "$directory/c.log"
    rm "$directory/c.log"
    rangeclose 0 "$pid" "path:'$directory/*.log'"
    expect '0-2 4' list
    ;;
  peer)
    start
    port=$(ask listen 3)
    expect ok tcp 4 "$port" 127.0.0.1
    expect ok accept 3 5
    expect ok udp 6 9999 127.0.0.2
    expect ok unix-listen 7 "$directory/socket"
    expect ok unix-connect 8 "$directory/socket"
    rangeclose 0 "$pid" "peer:127.0.0.1:$port"
    expect '0-3 5-8' list
    rangeclose 0 "$pid" peer:127.0.0.2
    expect '0-3 5 7-8' list
    rangeclose 0 "$pid" "peer:unix:$directory/socket"
    expect '0-3 5 7' list
    ;;
  cures)
    start
    port=$(ask listen 3)
    for number in 4 6 8; do
      expect ok tcp $number "$port" 127.0.0.1
      expect ok accept 3 $((number + 1))
    done
    rangeclose 0 "$pid" 4 --shutdown
    rangeclose 0 "$pid" 6 --drop
    expect ok open 10 "$directory/log"
    expect ok write 10
    rm "$directory/log"
    # The holder opens files for reading and writing, as databases do.
    rangeclose 0 "$pid" --deleted --truncate --force=shared
    expect 0-10 list
    # Both ends of the shut connection know of it: one is in FIN_WAIT2, and one is in CLOSE_WAIT. A connection of
    # an earlier check may be in TIME_WAIT, 06.
    states=$(awk 'FNR > 1 && $4 != "06" { print $4 }' /proc/net/tcp /proc/net/tcp6 | sort | uniq -c | tr -s ' \n' ' ')
    [ "$states" = ' 2 01 1 05 1 08 1 0A ' ] || fault "the states of the sockets: $states"
    expect ECONNABORTED write 6
    expect ECONNRESET write 7
    expect ok write 8
    [ "$(stat -Lc %s "/proc/$pid/fd/10")" = 0 ] || fault 'the deleted file is not empty'
    ;;
  exec)
    start
    expect ok leak 3 9
    rangeclose 0 "$pid" 5-7 --cloexec
    expect 5-7 cloexec
    expect ok exec
    read -r answer <&9
    [ "$answer" = ready ] || fault 'the target did not start again'
    expect '0-4 8-9' list
    ;;
  replace)
    start
    expect ok open 3 "$directory/log"
    expect ok leak 4 6
    rm "$directory/log"
    rangeclose 0 "$pid" --deleted --replace
    rangeclose 0 "$pid" 5 --replace=/dev/zero
    [ "$(readlink "/proc/$pid/fd/3")$(readlink "/proc/$pid/fd/5")" = /dev/null/dev/zero ] ||
      fault 'other files are at the numbers'
    expect 0-6 list
    ;;
  save)
    start
    expect ok open 3 "$directory/log"
    expect ok write 3
    rm "$directory/log"
    mkdir "$directory/saved"
    rangeclose 0 "$pid" --deleted --save="$directory/saved"
    expect 0-2 list
    [ "$(cat "$directory"/saved/*)" = data ] || fault 'the copy is not what the target wrote'
    ;;
  method)
    start
    expect ok leak 3 40
    rangeclose 0 --method=close "$pid" 5-9,12-20
    expect '0-4 10-11 21-40' list
    rangeclose 0 --method=close_range "$pid" 21-40
    expect '0-4 10-11' list
    ;;
  fallback)
    for kind in enosys eperm; do
      start
      expect ok leak 3 9
      expect ok filter $kind
      rangeclose 0 "$pid" 5-6
      expect '0-4 7-9' list
      rangeclose 0 "$pid" 7-8 --cloexec
      expect 7-8 cloexec
      finish
    done
    start
    expect ok leak 3 9
    expect ok strict
    # With CAP_SYS_ADMIN the mode is suspended.
    rangeclose 0 "$pid" 5-6
    expect alive anything
    ;;
  blocked)
    begin hung-readers
    rangeclose 0 "$pid" 100,101
    read -r first <&9
    read -r second <&9
    case "$first, $second" in
      'read -1 EBADF, recv -1 EBADF' | 'recv -1 EBADF, read -1 EBADF') ;;
      *) fault "the blocked calls ended so: $first, $second" ;;
    esac
    expect 'peer 0 -' ask
    ;;
  compat)
    start
    [ "$(/bin/busybox-32 echo runs 2>/dev/null)" = runs ] || skip 'no programs of 32 bits run here'
    mkfifo "$directory/in"
    /bin/busybox-32 cat <"$directory/in" >"$directory/out" &
    other=$!
    exec {input}>"$directory/in"
    rangeclose 3 "$other" 3-
    grep -q 'an architecture that rangeclose does not know' "$place/printed" || fault "$(cat "$place/printed")"
    echo alive >&"$input"
    exec {input}>&-
    wait "$other" && [ "$(cat "$directory/out")" = alive ] || fault 'the refused program has ended'
    ;;
  stopped)
    start
    expect ok leak 3 9
    kill -STOP "$pid"
    rangeclose 0 "$pid" 5-
    grep -q '^State:.T' "/proc/$pid/status" || fault "the target is not stopped: $(grep State "/proc/$pid/status")"
    [ ! -e "/proc/$pid/fd/5" ] || fault 'the number is open'
    kill -CONT "$pid"
    expect 0-4 list
    ;;
esac
finish
rm -r "$directory"
