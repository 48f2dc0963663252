# A million descriptors: all of them as one range, or every second one by its path.
. "$KERNEL_CHECKS/guest/target.sh"
last=${2:-1000002}
ulimit -n $((last + 100)) || fault "the limit of descriptors cannot be $last"

# An emulated processor takes minutes to look at half a million files again, and may take many seconds to close a
# million.
#
# The list of a million descriptors that `-v` prints would take most of the time.
start
expect ok leak 3 $last
case $1 in
  range)
    rangeclose 0 --timeout=900 "$pid" 3-
    expect 0-2 list
    ;;
  scattered)
    # Every second number is a memfd, so that no two of the picked numbers make one range.
    expect ok memfd 4
    seq 6 2 $last | sed 's/^/dup 4 /' >&8 &
    [ "$(head -n $(((last - 4) / 2)) <&9 | sort -u)" = ok ] || fault 'dup2 failed'
    rangeclose 0 --timeout=900 "$pid" 3- --path /dev/null
    [ "$(ask list | cksum)" = "$({ printf 0-2; seq 4 2 $last | sed 's/^/ /' | tr -d '\n'; echo; } | cksum)" ] ||
      fault 'other numbers are open than every second one'
    ;;
esac
cat "$place/printed"
finish
