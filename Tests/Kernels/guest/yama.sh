# The value of kernel.yama.ptrace_scope decides who may attach. See LSM/Yama.rst of the kernel's documentation.
#
# Up to 2 root may attach. The kernel does not take a 3 back, so the check of 3 has to be the last one.
. "$KERNEL_CHECKS/guest/target.sh"
level=$1 scope=/proc/sys/kernel/yama/ptrace_scope
[ -e $scope ] || skip 'the kernel has no Yama'
echo "$level" >$scope || fault "cannot write $level to $scope"

# A session of this user closes the numbers, or is refused and closes nothing.
session() {
  local numbers=$1 isAllowed=$2
  if [ "$isAllowed" = yes ]; then rangeclose 0 "$pid" "$numbers"; return; fi
  rangeclose 3 "$pid" "$numbers"
  grep -q "ptrace_scope is $level" "$place/printed" || fault "no word of Yama: $(cat "$place/printed")"
}

start $nobody
expect ok leak 3 9
case $level in
  0) user=yes root=yes left='0-2 6 9' ;;
  1 | 2) user=no root=yes left='0-6 9' ;;
  3) user=no root=no left=0-9 ;;
esac
as=$nobody
session 3-5 $user
as=
session 7-8 $root
expect "$left" list
finish
echo "a user: $user; root: $root"
