# A process of a thousand threads.
. "$KERNEL_CHECKS/guest/target.sh"
start
expect ok leak 3 20
expect ok threads 999
# The emulation and a busy host may take longer than the default.
rangeclose 0 -v --timeout=60 "$pid" 5-8,10-
expect '0-4 9' list
grep -o '[0-9]* threads stopped for .*' "$place/printed" | grep '^1000 ' || fault 'not a thousand threads'
finish
