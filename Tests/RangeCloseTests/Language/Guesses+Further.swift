extension Guess {
  /// Further words, as new users typed them.
  static let further: [Guess] =
    files + sizes + several + ports + absences + links + doings + joints + programs

  /// Files in the place of other words.
  private static let files: [Guess] = [
    Guess(
      "$P --replace $D/app.log $D/new.log",
      .refused("a selector picks the old one; write --replace=$D/new.log --path $D/app.log")),
    Guess(
      "$P --replace app.log /dev/full", .refused("write --replace=/dev/full --path '**/app.log'")),
    Guess("$P --replace old.log new.log", .refused("'new.log' is not an absolute path")),
    Guess("$P --replace $D/app.log", .refused("write --replace --path $D/app.log to put /dev/null in place")),
    Guess("$P --replace 4 /dev/full", .refused("after an equals sign; write --replace=/dev/full")),
    Guess("-k $D/app.log", .refused("'-k $D/app.log' is fuser's; here it is -n --all --path $D/app.log")),
    Guess("-k 81/tcp", .refused("here it is -n --all 'type:tcp and local::81'")),
    Guess("-km /mnt $P", .refused("'-m /mnt' is fuser's; here it is --mount /mnt")),
    Guess("app.log", .refused("to see who has it, write -n --all --path '**/app.log'")),
    Guess("./app.log", .refused("to see who has it, write -n --all --path '**/app.log'")),
    Guess("$D", .refused("to see who has it, write -n --all --path '$D/**'")),
    Guess(":81", .refused("to see who has it, write -n --all 'peer::81 or local::81'")),
    Guess("81/tcp", .refused("to see who has it, write -n --all 'type:tcp and local::81'")),
    Guess("$P --name '*.log'", .refused("write --path '**/*.log'")),
  ]

  /// Sizes, columns and values in the wrong place.
  private static let sizes: [Guess] = [
    Guess("$P 3 --truncate --size 0", .refused("--truncate takes no size, and --size 0 would be a selector")),
    Guess("$P --size=0 --truncate 4", .refused("--truncate takes no size, and --size 0 would be a selector")),
    Guess("$P --size 0", .refused("'0' is not known here; write '=0'")),
    Guess("$P --size >1M", .refused("the shell took the > for itself: standard output is the file $D/1M")),
    Guess("$P --size >1M 3-", .refused("the shell took the > for itself: standard output is the file $D/1M")),
    Guess(
      "-o $P FD", .refused("there is no column '$P'; -o takes the columns, and the process stands beside")),
    Guess("$P -o fd path", .refused("'path' is a column; the columns are one argument, such as -o FD,NAME")),
    Guess("-o fd name $P", .refused("'name' is a column; the columns are one argument, such as -o FD,name")),
    Guess("$P --cloexec=off", .refused("rangeclose can set the flag, and cannot clear it")),
    Guess("$P --drop=no 6", .refused("--drop takes no value; leave --drop out")),
    Guess("-9 $P 20", .refused("'-9' is not a process ID: rangeclose sends no signals; leave it out")),
    Guess("$P --type f", .refused("'f' is find's; here it is reg")),
    Guess("$P type:p", .refused("'p' is find's; here it is fifo")),
    Guess("$P link=0", .refused("write 'links=0'")), Guess("$P links:0", .refused("write 'links=0'")),
    Guess("$P size:1M", .refused("write 'size>1M'")),
    Guess("$P 'idle>1h 30m'", .refused("write 'idle>90m'")),
    Guess("$P 'idle>1d12h'", .refused("'1d12h' is not known here; write 36h")),
    Guess("$P 'size>1G 512M'", .refused("write 'size>1536M'")),
  ]

  /// Several calls, numbers and processes.
  private static let several: [Guess] = [
    Guess("$P 'close(3); close(5)'", .refused("'close(3); close(5)' is C's; here it is 3,5")),
    Guess("$P 'call close(3); call close(5)'", .refused("is gdb's; here it is 3,5")),
    Guess("$P 'os.close(3), os.close(5)'", .refused("here it is 3,5")),
    Guess(
      "$P -v 0-2", .hint("0-2 are picked, because -v is short for --verbose; to leave them out, write --")),
    Guess("$P 3- -v 5-7", .hint("5-7 are picked by another operand already, and not left out")),
    Guess("$P 3- -v 5", .hint("5 is picked by another operand already, and not left out")),
    Guess("$P same-as:$Q:0", .refused("there is no term for a descriptor of another process; inode:N")),
    Guess(
      "$P 3- --except 0 1 2", .hint("1,2 are picked as another operand, because --except takes one value")),
    Guess("$P $D/*.log", .refused("the shell makes many words of a pattern without quotes; write")),
    Guess("$P --path $D/*.log", .refused("write 'path:$D/*.log'")),
    Guess("$P same-as:4000", .hint("nothing is open at 4000, with which same-as:4000 compares")),
  ]

  private static let ports: [Guess] = [
    Guess("$P port http", .refused("write 'peer::http or local::http'")),
    Guess("$P ports 80,81", .refused("write 'peer::80 or peer::81 or local::80 or local::81'")),
    Guess("$P port 80-90", .refused("write 'peer::80-90 or local::80-90'")),
    Guess("$P --ports 80,81", .refused("write --peer :80 --peer :81, or --local :80 --local :81")),
    Guess("$P from 10.0.0.1", .refused("write peer:10.0.0.1")),
    Guess("$P to localhost:80", .refused("write peer:localhost:80")),
    Guess("$P from 3 to 7", .refused("'from 3 to 7' is not known here; write 3-7")),
    Guess("$P closewait", .refused("did you mean 'state:close-wait'?")),
    Guess("$P --timewait", .refused("write --state time-wait")),
  ]

  /// Questions for facts that no term has.
  private static let absences: [Guess] = [
    Guess("$P --older-than 1d", .refused("there is no term for age")),
    Guess("$P 'age>1d'", .refused("'idle>1d' means a TCP peer was silent so long")),
    Guess("$P --mtime +1", .refused("there is no term for age")),
    Guess("$P not watched", .refused("'watched' is not known here; there is no term for it")),
    Guess(
      "$P --peer :$PORT 'idle>1h'",
      .hint("must all hold: 'peer::$PORT' picks 1 descriptor, 'idle>3600' picks none")),
    Guess("$P --peer :$PORT --idle '>1h'", .refused("write the operand 'idle>1h'")),
  ]

  /// Other paths of a file that the target has open; `link.log` is a symbolic link to `app.log`.
  private static let links: [Guess] = [
    Guess("$P --path $D/link.log", .hint("open by another path; 'path:$D/app.log' picks 2 descriptors")),
    Guess("$P --path link.log", .hint("open by another path; 'path:$D/app.log' picks 2 descriptors")),
    Guess("$P --path $D//app.log", .hint("'path:$D/app.log' picks 2 descriptors")),
    Guess("$P --path $D/./app.log", .hint("'path:$D/app.log' picks 2 descriptors")),
    Guess("$P --path $D/x/../app.log", .hint("no . or ..; 'path:$D/app.log' picks 2 descriptors")),
    Guess(
      "$P --path $D/APP.LOG",
      .hint("capital and small letters are different in a path; 'path:$D/app.log' picks 2 descriptors")),
    Guess("$P --path '*.LOCK'", .hint("'path:$D/run.lock' picks descriptor 12")),
    Guess("$P --path /proc/$P/fd/12", .hint("this is a link to a descriptor, and no path of its file; '12'")),
    Guess("$P --path /proc/self/fd/12", .hint("'12' picks descriptor 12")),
    Guess("$P --path /dev/stdout", .hint("'1' picks descriptor 1")),
  ]
  /// What to do, in words of other tools.
  private static let doings: [Guess] = [
    Guess("$P 4=/dev/full", .refused("'4=/dev/full' is the shell's; here it is 4 --replace=/dev/full")),
    Guess("$P '4>/dev/null'", .refused("here it is 4 --replace")),
    Guess("$P 'exec 4>&-; exec 5>&-'", .refused("is the shell's; here it is 4,5")),
    Guess("$P 'dup2(open(\"/dev/null\",1),4)'", .refused("is C's; here it is 4 --replace")),
    Guess("$P --redirect /dev/full 4", .refused("write --replace=/dev/full")),
    Guess("$P --replace-with /dev/full 4", .refused("write --replace=/dev/full")),
    Guess("$P --null 4", .refused("write --replace")),
    Guess("$P --rotate 4", .refused("write --replace=PATH")),
    Guess("$P --empty 4", .refused("write --truncate; for files that are empty --size '=0'")),
    Guess("$P --copy $D 4", .refused("write --save $D")),
    Guess("$P --undo", .refused("write nothing; what was closed stays closed")),
    Guess("$P --rst 6", .refused("write --drop")),
    Guess("$P --disconnect 6", .refused("write --drop, or --sh")),
    Guess("$P --limit 10", .refused("head(1) takes the first rows")),
    Guess("$P show 3", .refused("write -n 3")), Guess("$P list", .refused("write -n")),
    Guess("lsof -p $P", .refused("'lsof' is not known here; write -n")),
  ]

  /// Words that belong together, and values in another notation.
  private static let joints: [Guess] = [
    Guess("$P '**/app.log'", .refused("'**/app.log' is not known here; write 'path:**/app.log'")),
    Guess("$P --path file:app.log", .hint("'path:**/app.log' picks 2 descriptors")),
    Guess("$P --inode 12,13", .refused("write the operand 'inode:12,13'")),
    Guess("$P --links 0", .refused("write the operand 'links=0'")),
    Guess("$P 3 through 9", .refused("write 3-9")), Guess("$P cwd", .refused("it has no descriptor")),
    Guess("$P writable", .refused("write mode:w,rw")), Guess("$P inherited", .refused("write 'not cloexec'")),
    Guess("$P --shutdown=SHUT_WR 6", .refused("write --shutdown=write")),
    Guess("$P --shutdown wr 6", .refused("equals sign; write --shutdown=write")),
    Guess("$P --truncate=1G 4", .refused("--truncate takes no size; it always empties the file")),
    Guess("$P --connected-to $Q", .refused("write the operand owner:$Q")),
    Guess("$P fd4,fd5", .refused("write 4,5")), Guess("$P +4", .refused("write 4")),
    Guess("$P 'tcp and not listen'", .refused("write 'type:tcp and not state:listen'")),
    Guess("$P tcp and not listen", .refused("put it in quotes: 'type:tcp and not state:listen'")),
    Guess("$P 'size>1M, deleted'", .refused("write 'size>1M and deleted', or 'size>1M or deleted'")),
    Guess("$P exclude listening", .refused("write --except state:listen")),
    Guess("$P --no-listen", .refused("write --except state:listen")),
    Guess("$P --peer any:81", .refused("'any:81' is not known here; write :81")),
    Guess("$P --type TCPv4", .refused("write tcp")),
    Guess("$P --path '*deleted*'", .hint("'deleted' picks descriptor 4")),
    Guess("$P --path '/app.log$/'", .hint("no regular expression; 'path:**app.log' picks 2 descriptors")),
    Guess("$P --grep app", .refused("write --path '**app**'")),
    Guess(
      "$P --device /dev/sda1", .refused("write --path /dev/sda1; for the files on it the operand fs:/dev")),
  ]

  /// Several processes, and programs in the place of processes.
  private static let programs: [Guess] = [
    Guess("$P+$Q 3", .refused("for several processes write $P,$Q")),
    Guess("\"$P;$Q\" 3", .refused("for several processes write $P,$Q")),
    Guess("nginx,redis 3", .refused("\"$(pgrep -d, 'nginx|redis')\"")),
    Guess("--name web-server 3", .refused("for a program \"$(pgrep -d, web-server)\"")),
    Guess("--comm nginx 3", .refused("\"$(pgrep -d, -x nginx)\" as the first operand")),
    Guess("--cgroup /web 3", .refused("\"$(pgrep -d, --cgroup /web)\" as the first operand")),
    Guess("--all-processes --deleted", .refused("write --all")),
  ]
}
