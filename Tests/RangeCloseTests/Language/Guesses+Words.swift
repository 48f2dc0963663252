extension Guess {
  /// Words of other tools as the shell hands them over: in several operands, or with one dash.
  static let words: [Guess] =
    pieces + calls + joinedValues + oneDash + shortForms + corrections + shapes
    + comparisons + owners + slips

  /// Several operands that are one word of another tool.
  private static let pieces: [Guess] = [
    Guess("$P dst :18201", .refused("'dst :18201' is ss's; here it is peer::18201")),
    Guess("$P dport = :5432", .refused("here it is peer::5432")),
    Guess("$P sport = :80", .refused("here it is local::80")),
    Guess("$P port 18201", .refused("write 'peer::18201 or local::18201'")),
    Guess("$P host 1.2.3.4", .refused("write peer:1.2.3.4")),
    Guess("$P file other.log", .refused("write 'path:**/other.log'")),
    Guess("$P file other.log deleted", .refused("'file other.log' is not known here; write")),
    Guess("$P call 7", .refused("'call 7' is gdb's; here it is 7")),
    Guess("$P p 'close(7)'", .refused("here it is 7")),
    Guess("$P FD '>=' 7", .refused("here it is 7-")),
    Guess("$P src port 99", .refused("here it is local::99")),
    Guess("$P dst host 1.2.3.4", .refused("here it is peer:1.2.3.4")),
    Guess("$P tcp port 81", .refused("write 'type:tcp and (peer::81 or local::81)'")),
    Guess("$P tcp dst port 81", .refused("write 'type:tcp and peer::81'")),
    Guess("$P state close-wait", .refused("write state:close-wait")),
    Guess("$P state connected", .refused("write state:established")),
    Guess("$P state all", .refused("write type:sock")),
    Guess("$P size gt 3G", .refused("write 'size>3G'")),
    Guess("$P size '>' 3G", .refused("put it in quotes: 'size > 3G'")),
    Guess("$P size 1M-3M", .refused("write 'size>=1M and size<=3M'")),
    Guess("$P path contains app", .refused("write 'path:**app**'")),
    Guess("$P \"path like '%app%'\"", .refused("write 'path:**app**'")),
    Guess("$P path ends with .log", .refused("write 'path:**.log'")),
    Guess("$P 3 to 7", .refused("write 3-7")), Guess("$P 3 - 7", .refused("in quotes: '3 - 7'")),
    Guess(
      "$P host 1.2.3.4 and port 81",
      .refused("put it in quotes: 'peer:1.2.3.4 and (peer::81 or local::81)'")),
    Guess("$P 'host 1.2.3.4 and port 81'", .refused("write 'peer:1.2.3.4 and (peer::81 or local::81)'")),
    Guess("$P 'deleted and port 81'", .refused("write (peer::81 or local::81)")),
    Guess("$P '+L1 and 3-'", .refused("here it is deleted")),
    Guess("$P 3- but not 5", .refused("put it in quotes: '3- and not 5'")),
    Guess("$P dst", .refused("here it is peer::80 for dst :80")),
    Guess("$P file", .refused("did you mean 'type:reg'?")),
    Guess("$P truncate deleted", .refused("'truncate' is an option; write --truncate")),
    Guess("$P replace /dev/full 4", .refused("write --replace=/dev/full")),
    Guess("$P sort size", .refused("write --sort size")), Guess("$P close 9", .refused("write 9")),
  ]

  /// Calls as they are typed in a debugger, and redirections of the shell.
  private static let calls: [Guess] = [
    Guess("$P 'call fclose(4)'", .refused("'call fclose(4)' is gdb's; here it is 4")),
    Guess("$P 'os.close(4)'", .refused("here it is 4")),
    Guess("$P 'call shutdown(7, 0)'", .refused("here it is 7 --shutdown=read")),
    Guess("$P 'ftruncate(4, 0)'", .refused("here it is 4 --truncate")),
    Guess("$P 'dup2(3, 4)'", .refused("here it is 4 --replace")),
    Guess("$P '4>&-'", .refused("'4>&-' is the shell's; here it is 4")),
    Guess("$P '3<&-'", .refused("is the shell's; here it is 3")),
    Guess("$P 'exec 4>&-'", .refused("is the shell's; here it is 4")),
    Guess("$P fd/4", .refused("'fd/4' is not known here; write 4")),
    Guess("$P fdinfo/4", .refused("write 4")),
  ]

  /// Values that an option takes in another way.
  private static let joinedValues: [Guess] = [
    Guess("$P --replace /dev/full 4", .refused("equals sign; write --replace=/dev/full")),
    Guess("--replace /dev/full $P 4", .refused("equals sign; write --replace=/dev/full")),
    Guess("$P --replace other.log 4", .refused("--replace=PATH needs a path that begins with /")),
    Guess("$P --shutdown read", .refused("equals sign; write --shutdown=read")),
    Guess("$P --json lines", .refused("equals sign; write --json=lines")),
    Guess("$P --drop=6", .refused("--drop takes no value; write --drop 6")),
    Guess("$P --locked=posix", .refused("write the operand locked:posix")),
    Guess("$P --size 10K+", .refused("write '>=10K'")), Guess("$P --size -1G", .refused("write '<1G'")),
    Guess("$P 'size > 10 MB'", .refused("write 'size > 10MB'")),
    Guess("$P 'idle > 2 hours'", .refused("write 'idle > 2h'")),
    Guess("$P --idle 9hours", .refused("write the operand 'idle>9h'")),
  ]

  /// Words with one dash, which are no groups of short options.
  private static let oneDash: [Guess] = [
    Guess("$P -path '/tmp/*'", .refused("'-path /tmp/*' is find's; here it is --path '/tmp/**'")),
    Guess("$P -links 0", .refused("'-links 0' is find's; here it is --deleted")),
    Guess("$P -links -1", .refused("here it is --deleted")),
    Guess("$P -mmin +5", .refused("'-mmin' is find's; rangeclose has nothing like it")),
    Guess("$P -maxdepth 1", .refused("'-maxdepth' is find's; rangeclose has nothing like it")),
    Guess("$P -xdev", .refused("'-xdev' is find's")), Guess("$P -perm 644", .refused("'-perm' is find's")),
    Guess("$P -print", .refused("'-print' is find's; here it is -n")),
    Guess("$P -user root", .refused("'-user' is find's; rangeclose has nothing like it")),
    Guess("$P -not deleted", .refused("'-not' is find's; here it is --except SELECTOR")),
    Guess("$P -nouser", .refused("'-nouser' is find's")), Guess("-batch $P", .refused("'-batch' is gdb's")),
    Guess("-x nginx", .refused("'-x nginx' is pkill's; here it is \"$(pgrep -d, -x nginx)\"")),
    Guess("$P -deleted", .refused("there is no option '-deleted'; write --deleted")),
    Guess("$P -peer :81", .refused("write --peer :81")), Guess("$P -tcp", .refused("write --type tcp")),
    Guess("$P -KILL", .refused("rangeclose sends no signals")),
    Guess("$P -s KILL", .refused("rangeclose sends no signals")),
    Guess("$P -9", .refused("rangeclose sends no signals")),
    Guess("-9 $P", .refused("rangeclose sends no signals")),
    Guess("$P -4", .refused("'-4' is ss's; here it is local:0.0.0.0/0")),
    Guess("$P -foo", .refused("there is no option '-foo'; see --help")),
  ]

  /// Options that are shorter than they should be, or another tool's.
  private static let shortForms: [Guess] = [
    Guess("$P --list", .refused("'--list' is not known here; write -n")),
    Guess("$P --a", .refused("'--a' is too short for --all, which must be written in full")),
    Guess("$P --desc 3", .refused("write --sort -COLUMN")),
    Guess("--ppid 1", .refused("write --pid 1 --descendants; 1 itself belongs to them")),
    Guess("-P 1 --deleted", .refused("'-P 1' is pkill's; here it is --pid 1 --descendants")),
    Guess("$P --log other.log", .refused("write --path '**/other.log'")),
    Guess("$P --dir /var/log", .refused("write --path '/var/log/**'")),
    Guess("$P --dir", .refused("write --type dir")), Guess("$P --file", .refused("write --type reg")),
    Guess("$P --sport 81", .refused("write --local :81")),
    Guess("$P -d cwd", .refused("'-d cwd' is lsof's; here it is nothing; it has no descriptor")),
    Guess("$P -d ^0,1,2", .refused("here it is --except 0,1,2")),
  ]

  /// A wrong word is never corrected to one that does more.
  private static let corrections: [Guess] = [
    Guess("$P fall", .refused("'fall': not a term; expected")),
    Guess("$P --alll", .refused("there is no option '--alll'; see --help")),
    Guess("$P -", .refused("expected a range N-M or N-, such as 3-")),
    Guess("$P $PORT", .hint("nothing is open at $PORT; for port $PORT write 'local::$PORT', which picks 3")),
    Guess("$P type:tcp $PORT", .hint("for port $PORT write 'local::$PORT', which picks 3 descriptors")),
  ]

  /// Values in another shape, and words that belong together.
  private static let shapes: [Guess] = [
    Guess("$P '*:81'", .refused("write local::81")),
    Guess("$P '10.0.0.1:81->10.0.0.2:99'", .refused("write 'local:10.0.0.1:81 and peer:10.0.0.2:99'")),
    Guess("$P 10.0.0.1:81-", .refused("write local:10.0.0.1:81")),
    Guess("$P --tcp-port 81", .refused("write 'type:tcp and (peer::81 or local::81)'")),
    Guess("$P -f 3", .refused("'-f 3' is not known here; write 3")),
    Guess("$P --deleted true", .refused("write nothing; an option without a value needs none")),
    Guess("$P --size '> 1 M'", .refused("'1 M' is not known here; write 1M")),
    Guess("$P 'size>1 megabyte'", .refused("write 'size>1M'")),
    Guess("$P 'size=2000000B'", .refused("'2000000B' is not known here; write 2000000")),
    Guess("$P --type tcp/udp", .refused("write tcp,udp")),
    Guess("$P --type 'tcp|udp'", .refused("write tcp,udp")),
    Guess("$P --socket other.sock", .refused("write --local 'unix:**/other.sock', or --peer ")),
    Guess("$P peer 127.0.0.1 port 81", .refused("write peer:127.0.0.1:81")),
    Guess("$P --peer 127.0.0.1 --port 81", .refused("a port belongs to its host: 'peer:127.0.0.1:81'")),
    Guess("$P --peer 127.0.0.1,81", .refused("write 127.0.0.1:81")),
    Guess("$P --inode 'socket:[1234]'", .refused("write the operand 'inode:1234'")),
    Guess("$P '3- except 7'", .refused("write '3- and not 7'")),
    Guess("$P '3-,-7'", .refused("write --except 7 to leave it out")),
    Guess("stop $P", .refused("the process comes first, by its number alone")),
    Guess("$P.3", .refused("write $P 3")),
    Guess("$P --shutdown=3", .refused("write --shutdown 3")),
    Guess("$P --truncate 0 4", .failed("0 is read as a descriptor, because --truncate takes no size")),
    Guess("$P --truncate=0 4", .refused("write --truncate alone")),
    Guess("$P -s 0 4", .refused("'-s 0' is truncate's; here it is --truncate")),
    Guess("$P --timeout=500ms 3", .refused("write 0.500")), Guess("$P --timeout 2m 3", .refused("write 120")),
    Guess("$P --save --truncate 4", .refused("--save needs a value, DIR")),
    Guess("$P -o FD,PATH", .refused("did you mean NAME?")),
    Guess("$P --sort SIZE:desc", .refused("did you mean -SIZE?")),
  ]

  /// Comparisons of what the language does not compare, or without a part.
  private static let comparisons: [Guess] = [
    Guess("$P dport '>' :1024", .refused("'dport > :1024' is ss's; here it is peer::1025-65535")),
    Guess("$P 'dport != :81'", .refused("here it is 'not peer::81'")),
    Guess("$P path=$D/other.log", .refused("write path:$D/other.log")),
    Guess("$P 'type != tcp'", .refused("write 'not type:tcp'")),
    Guess("$P 'size>1M<3M'", .refused("write 'size>1M and size<3M'")),
    Guess("$P 'size>1M and <3M'", .refused("write 'size>1M and size<3M'")),
    Guess("$P \"$(seq 3 6)\"", .refused("write 3,4,5,6")),
    Guess("$P 3-6 5", .hint("5 is picked by another operand already, and not left out")),
    Guess("$P --peer 127.0.0.1 --peer :$PORT", .hint("write 'peer:127.0.0.1:$PORT'")),
    Guess("$P -n4", .refused("write -n 4")), Guess("$P -type:tcp", .refused("write the operand 'type:tcp'")),
    Guess("$P for", .refused("'for': not a term; expected")),
  ]

  /// Services and containers in place of processes.
  private static let owners: [Guess] = [
    Guess("web.service 4", .refused("write \"$(systemctl show -P MainPID web.service)\"")),
    Guess("-u web.service", .refused("\"$(systemctl show -P MainPID web.service)\" as the first operand")),
    Guess("--container web 4", .refused("\"$(docker inspect -f {{.State.Pid}} web)\" as the first operand")),
  ]

  /// Slips of the hand and of the shell.
  private static let slips: [Guess] = [
    Guess("$P 'deleted size>1M'", .refused("write 'deleted and size>1M', or 'deleted or size>1M'")),
    Guess("$P -3-5", .refused("write 3-5, or --except 3-5 to leave them out")),
    Guess("$P 3/7", .refused("write 3,7")), Guess("$P '3|7'", .refused("write 3,7")),
    Guess("$P 'fd in (3,4,5)'", .refused("write 3,4,5")),
    Guess("$P 'fd == 3 || fd == 4'", .refused("write '3 or 4'")),
    Guess("\" $P\" 3", .refused("write $P without the blank")),
    Guess("\"$P 3\"", .refused("for a descriptor write $P 3 without quotes, and $P,3 for two processes")),
    Guess("PID=$P 3", .refused("write $P alone")),
    Guess("$P --verbose=1 4", .refused("write --verbose alone")),
    Guess("$P --close 4", .refused("'--close 4' is not known here; write 4")),
    Guess("$P --cloexec on 4", .refused("write nothing; an option without a value needs none")),
    Guess("$P --replace '' 4", .refused("the selector is empty")),
    Guess("$P -o fd name", .refused("the columns are one argument, such as -o FD,name")),
    Guess("$P --fs tmpfs", .refused("write the operand 'fs:PATH'")),
    Guess("$P fs:ext4", .refused("expected its path, such as /mnt, and not the type of a file system")),
    Guess("--all --name nginx", .refused("for a program \"$(pgrep -d, nginx)\" as the first operand")),
  ]
}
