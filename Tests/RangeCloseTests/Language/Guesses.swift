/// A first guess, as an engineer on call types it, and what rangeclose makes of it.
///
/// The words are a line for the shell after `rangeclose -n`. In the words and in the answer, `$P` is the
/// target, `$Q` another process, `$D` the directory of its files, and `$PORT` the port that the target
/// listens at.
struct Guess: Sendable, CustomStringConvertible {
  enum Answer: Sendable {
    /// It works, and picks these numbers.
    case picks(String)
    /// Nothing matches, or a range is empty, and a hint says what to type.
    case hint(String)
    /// It could not be done, and the message says what to type.
    case failed(String)
    /// It is refused, and the message says what to type.
    case refused(String)
  }

  let words: String
  let answer: Answer

  init(_ words: String, _ answer: Answer) {
    (self.words, self.answer) = (words, answer)
  }

  var description: String { words }
}

extension Guess {
  /// All guesses; a new one is one more line.
  ///
  /// The target has these descriptors: 3 `app.log`, 4 `big.log` (deleted, 2 MiB), 5 a listener on `$PORT`, 6
  /// and 7 a connection to it, 8 a Unix-domain listener at `x.sock`, 9 a memfd, 10 an eventfd, 11 `app.log`
  /// opened to append, 12 `run.lock` with a lock, 13 and 14 a pipe, 15 a connection that its peer has closed.
  /// `link.log` is a symbolic link to `app.log`.
  static let all: [Guess] =
    silences + numbers + options + tools + words + values + paths + ends + processes
    + further

  /// Words that once ended in silence, or did something else than they seem to say.
  private static let silences: [Guess] = [
    Guess(
      "$Q $P", .hint("nothing is open at $P, but process $P (fixture-holder) exists; the process comes first")
    ),
    Guess(
      "$P $Q 8-", .hint("nothing is open at $Q, but process $Q (fixture-holder) exists; several processes go")
    ),
    Guess("$P 4000-", .hint("$P (fixture-holder): nothing is open at 4000-")),
    Guess(
      "$P,$Q --path app.log", .hint("$P (fixture-holder): a path is compared as a whole; 'path:**/app.log'")),
    Guess(
      "$P --path '$B/app.log'", .hint("in single quotes the shell leaves a $ as it is; 'path:**/app.log'")),
    Guess("$P --deleted=false", .refused("--deleted takes no value; write --not deleted")),
    Guess(
      "$D/app.log", .refused("the process comes first; to see who has it, write -n --all --path $D/app.log")),
    Guess("$P 3-9,~7", .hint("to leave 7 out, write --except 7")),
    Guess("$P 3-4 --except 3 4", .hint("not left out; to leave it out, write --except 3,4")),
    Guess(
      "$P type:tcp and not state:listen",
      .refused(
        "'and' stands alone: an expression is one argument; put it in quotes: 'type:tcp and not state:listen'"
      )),
    Guess("$P deleted or type:tcp", .refused("put it in quotes: 'deleted or type:tcp'")),
    Guess("$P not deleted", .refused("put it in quotes: 'not deleted'")),
    Guess("$P size>1G", .refused("the shell took the > for itself: standard output is the file $D/1G")),
    Guess(
      "$P idle>=8h and deleted",
      .refused("the shell took the > for itself: standard output is the file $D/=8h")),
    Guess("$P size", .refused("'size' must be compared with a number, as in 'size>1G'; without the quotes")),
    Guess("$P --peer localhost 16379", .hint("a port belongs to its host: 'peer:localhost:16379'")),
    Guess(
      "$P --peer ::1:80", .hint("::1:80 was read as an address without a port; for port 80 write [::1]:80")),
    Guess("$P --peer :$PORT --type udp", .hint("no descriptor matches")),
    Guess("$Q --local :$PORT", .hint("local is its own end of a socket; 'peer::$PORT' picks descriptor 3")),
    Guess("$P --peer unix:$D/x.sock", .hint("8 listens there and has no peer; 'local:unix:$D/x.sock'")),
    Guess("$P --state time-wait", .hint("no descriptor is ever in time-wait")),
    Guess("$P --state hung-up", .hint("'state:close-wait' picks descriptor 15")),
    Guess("$P '3- and mode:w and type:tcp'", .hint("has the mode rw; 'mode:w,rw' picks 4 descriptors")),
    Guess("--all $P --deleted", .hint("$P is read as a descriptor, because --all means every process")),
  ]

  private static let numbers: [Guess] = [
    Guess("$P 3-~0U", .picks("3 4 5 6 7 8 9 10 11 12 13 14 15")),
    Guess("$P 9-0xffffffff", .picks("9 10 11 12 13 14 15")), Guess("$P 0xd-", .picks("13 14 15")),
    Guess("$P 12-max", .picks("12 13 14 15")), Guess("$P '3 - 5'", .picks("3 4 5")),
    Guess("$P '3 -5'", .picks("3 4 5")), Guess("$P '3, 5'", .picks("3 5")), Guess("$P 3 5", .picks("3 5")),
    Guess("$P 4u", .picks("4")), Guess("$P 'all and deleted'", .picks("4")),
    Guess("$P all --except 0-10", .picks("11 12 13 14 15")), Guess("$P all --not 1-99", .picks("0")),
    Guess("$P 4r", .refused("'4r' is not known here; write 4")), Guess("$P 4uW", .refused("write 4")),
    Guess("$P 'fd 3'", .refused("'fd 3' is not known here; write 3")), Guess("$P fd=3", .refused("write 3")),
    Guess("$P fd:3-5", .refused("write 3-5")), Guess("$P fd3", .refused("write 3")),
    Guess("$P 'fd>=3'", .refused("write 3-")), Guess("$P '#3'", .refused("write 3")),
    Guess("$P 3:10", .refused("write 3-10")), Guess("$P 3..5", .refused("write 3-5")),
    Guess("$P '3 to 5'", .refused("write 3-5")), Guess("$P '[3-5]'", .refused("write 3-5")),
    Guess("$P '{3..5}'", .refused("write 3-5")), Guess("$P 3–5", .refused("write 3-5")),
    Guess("$P 3+", .refused("write 3-")), Guess("$P 3-end", .refused("write 3-")),
    Guess("$P '3-*'", .refused("write 3-")), Guess("$P '>2'", .refused("write 3-")),
    Guess("$P '3 5 7-9'", .refused("write 3,5,7-9")), Guess("$P '3;5'", .refused("write 3,5")),
    Guess("$P '*'", .refused("write all")), Guess("$P everything", .refused("write all")),
    Guess("$P '3-9,!7'", .refused("write --except 7 to leave it out")),
    Guess("$P '3-!7'", .refused("write --except 7 to leave it out")),
    Guess("$P ^7", .refused("write --except 7 to leave it out")),
    Guess("$P 3- except 7", .refused("write '3- and not 7'")),
    Guess("$P 3- -7", .refused("write 0-7, or --except 7")),
    Guess("$P -- -3", .refused("write 0-3 for all numbers up to 3")),
    Guess("$P -3", .refused("write 0-3")), Guess("$P '3>&-'", .refused("is the shell's; here it is 3")),
  ]

  private static let options: [Guess] = [
    Guess("-p $P 3", .picks("3")), Guess("--pid $P 3 5", .picks("3 5")),
    Guess("--pid=$P --deleted", .picks("4")),
    Guess("$P --size 100-2000", .refused("write the operand 'size>=100 and size<=2000'")),
    Guess("$P 'call (int)close(3)'", .refused("here it is 3")),
    Guess("$P --tty pts/0", .refused("write the operand tty:/dev/pts/0")),
    Guess("$P --owner root", .refused("write the operand owner:PID")),
    Guess("$P 3- --reset", .refused("write --drop")),
    Guess("$P 3- --close-on-exec", .refused("write --cloexec")),
    Guess("$P close 3-", .refused("'close 3-' is not known here; write 3-")),
    Guess(
      "\"$(echo $P; echo $Q)\" 3-",
      .refused("write commas between the processes, as pgrep -d, prints them")),
    Guess("3 -p $P", .picks("3")), Guess("$P --local :$PORT --state listen", .picks("5")),
    Guess("$P --locked", .picks("12")), Guess("$P --size '>1M'", .picks("4")),
    Guess("$P --size '> 1m' --deleted", .picks("4")), Guess("$P --not 1-", .picks("0")),
    Guess("$P --deleted=yes", .refused("--deleted takes no value; write --deleted alone")),
    Guess("$P --d", .refused("'--d' may be one of several options: --deleted, ")),
    Guess("$P --count", .refused("'--count' is not known here; write --summary")),
    Guess("$P --size 1G", .refused("write '>1G'")), Guess("$P --size +1G", .refused("write '>1G'")),
    Guess("$P --fd 4", .refused("'--fd 4' is not known here; write 4")),
    Guess("$P --port 80", .refused("write --peer :80, or --local :80")),
    Guess("$P --inode=5", .refused("write the operand 'inode:5'")),
    Guess("$P --owner $Q", .refused("write the operand owner:$Q")),
    Guess("$P --idle 8h", .refused("write the operand 'idle>8h'")),
    Guess("$P --tcp", .refused("write --type tcp")),
    Guess("$P --sockets", .refused("write --type sock")),
    Guess("$P --close-wait", .refused("write --state close-wait")),
    Guess("$P --not-deleted", .refused("write --except 'deleted'")),
    Guess("$P --unlinked", .refused("--deleted")),
    Guess("$P --file app.log", .refused("write --path '**/app.log'")),
    Guess("$P --simulate 3", .refused("write -n")),
    Guess("$P --larger 1G", .refused("write --size '>1G'")),
    Guess("$P --exclude 7", .refused("write --except 7")),
    Guess("$P --range 3-5", .refused("write 3-5")), Guess("$P --from 3", .refused("write 3-")),
    Guess("$P --program nginx", .refused("\"$(pgrep -d, nginx)\"")),
    Guess("$P --kill", .refused("rangeclose closes without an option")),
    Guess("$P --kill 3", .refused("'--kill 3' is not known here; write 3")),
    Guess("--usage", .refused("write --help")),
    Guess("$P --delted", .refused("did you mean --deleted?")), Guess("$P --cuont", .refused("see --help")),
  ]

  private static let tools: [Guess] = [
    Guess("$P +L1", .refused("'+L1' is lsof's; here it is --deleted")),
    Guess("$P -i :80", .refused("'-i :80' is lsof's; here it is 'peer::80 or local::80'")),
    Guess("$P -iTCP:80", .refused("here it is 'type:tcp and (peer::80 or local::80)'")),
    Guess("$P -i TCP@10.0.0.7:5432", .refused("here it is 'type:tcp and peer:10.0.0.7:5432'")),
    Guess("$P -d 3-5", .refused("'-d 3-5' is lsof's; here it is 3-5")),
    Guess("$P -s TCP:CLOSE_WAIT", .refused("'-s TCP:CLOSE_WAIT' is lsof's; here it is --state close-wait")),
    Guess("-nP $P 3", .refused("'-P' is lsof's; here it is the default")),
    Guess("$P -U", .refused("--type unix")),
    Guess("$P +D /var/log", .refused("'+D /var/log' is lsof's; here it is --path '/var/log/**'")),
    Guess("$P 'dst :80'", .refused("'dst :80' is ss's; here it is peer::80")),
    Guess("$P 'sport = :80'", .refused("'sport = :80' is ss's; here it is local::80")),
    Guess("$P 'dport eq :443'", .refused("is ss's; here it is peer::443")),
    Guess("$P 'state close-wait'", .refused("write state:close-wait")),
    Guess("$P -t", .refused("--type tcp")),
    Guess("$P -K", .refused("'-K' is ss's; here it is --drop")),
    Guess("$P 'FD >= 3'", .refused("'FD >= 3' is lsfd's; here it is 3-")),
    Guess("$P -Q '(FD >= 3)'", .refused("is lsfd's; here it is an operand")),
    Guess("$P 80/tcp", .refused("'80/tcp' is fuser's; here it is 'type:tcp and local::80'")),
    Guess("$P -m /mnt", .refused("'-m /mnt' is fuser's; here it is --mount /mnt")),
    Guess("$P -k", .refused("'-k' is fuser's; here it is left out; rangeclose closes, and kills nothing")),
    Guess("$P -name '*.log'", .refused("'-name *.log' is find's; here it is --path '**/*.log'")),
    Guess("$P -size +1G", .refused("'-size +1G' is find's; here it is --size '>1G'")),
    Guess("$P -type p", .refused("'-type p' is find's; here it is --type fifo")),
    Guess("$P 'call close(4)'", .refused("'call close(4)' is gdb's; here it is 4")),
    Guess("$P 'close_range(3, ~0U, 0)'", .refused("is C's; here it is 3-")),
  ]

  private static let values: [Guess] = [
    Guess("$P type:pipe", .refused("'pipe' is not known here; write fifo")),
    Guess("$P type:file", .refused("write reg")),
    Guess("$P type:socket", .refused("'socket' is not known here; write sock")),
    Guess("$P type:regular", .refused("write reg")), Guess("$P type:sockets", .refused("write sock")),
    Guess(
      "$P type:IPv4", .refused("'IPv4' is lsof's; here it is local:0.0.0.0/0 in place of the whole term")),
    Guess("$P type:ipv6", .refused("here it is local:::/0")), Guess("$P mode:wr", .refused("write rw")),
    Guess("$P 'state:!listen'", .refused("write 'not state:listen', as another term")),
    Guess("$P type:reg,deleted", .refused("write deleted, as another term")),
    Guess("$P flock", .refused("'locked:flock'?")), Guess("$P dup:3", .refused("write same-as:3")),
    Guess("$P any", .refused("write all")), Guess("$P stdout", .refused("write 1")),
    Guess("$P type:listen", .refused("write state:listen, as another term")),
    Guess("$P tcp,listen", .refused("write 'type:tcp and state:listen'")),
    Guess("$P deleted,tmpfile", .refused("write 'deleted or tmpfile'")),
    Guess("$P tcp", .refused("'type:tcp'?")),
    Guess("$P sockets", .refused("did you mean 'type:sock'?")),
    Guess("$P LISTEN", .refused("'state:listen'?")),
    Guess("$P state=listen", .refused("'state=listen' is not known here; write state:listen")),
    Guess("$P state:connected", .refused("write established")),
    Guess("$P mode:write", .refused("write w,rw")),
    Guess("$P flags:O_APPEND", .refused("'O_APPEND' is not known here; write append")),
    Guess("$P flags:O_CLOEXEC", .refused("'O_CLOEXEC' is C's; here it is cloexec")),
    Guess("$P type:blub", .refused("not a type; expected reg, dir")),
    Guess("$P leaked", .refused("not a term; expected")),
    Guess("$P 'size>1mb'", .picks("4")), Guess("$P 'size>1Mi'", .picks("4")),
    Guess("$P 'size>1.5M'", .picks("4")),
    Guess("$P 'size > 1M'", .picks("4")), Guess("$P 'size>1,5M'", .refused("not an amount")),
    Guess("$P 'size gt 1G'", .refused("write 'size>1G'")), Guess("$P 'size 1G'", .refused("write 'size>1G'")),
    Guess("$P 'idle>8hours'", .refused("write 8h")), Guess("$P 'idle>30min'", .refused("write 30m")),
    Guess("$P 'idle>1w'", .refused("write 7d")),
    Guess("$P dev:sda1", .refused("write fs:/dev/sda1 in place of")),
    Guess("$P ino:123", .refused("write inode:123")), Guess("$P unlinked", .refused("write deleted")),
    Guess("$P socket:[123]", .refused("write inode:123, or peer:socket:[123] for the other end")),
    Guess("$P pipe:[123]", .refused("write inode:123")), Guess("$P lock", .refused("write locked")),
    Guess("$P 'port == 80'", .refused("write 'peer::80 or local::80'")),
  ]

  private static let paths: [Guess] = [
    Guess("$P --path app.log", .hint("a path is compared as a whole; 'path:**/app.log' picks 2 descriptors")),
    Guess("$P --path ./big.log", .hint("'path:**/big.log' picks descriptor 4")),
    Guess(
      "$P --path \"$D/big.log (deleted)\"",
      .hint("the mark (deleted) is not part of a path; 'path:$D/big.log'")),
    Guess("$P --path '*.lock'", .hint("a single * stops at a slash; 'path:**/*.lock' picks descriptor 12")),
    Guess("$P --path \"$D/{big,run}.*\"", .picks("4 12")),
    Guess("$P --path \"$D/{app,big}.log\"", .picks("3 4 11")),
    Guess("$P --path $D", .hint("'path:$D/**' picks 4 descriptors")),
    Guess("$P --path $D/", .hint("'path:$D/**' picks 4 descriptors")),
    Guess("$P --path '[eventfd]'", .hint("'path:**\\[eventfd\\]' picks descriptor 10")),
    Guess("$P --path \"$D/app.log|$D/big.log\"", .hint("'path:{$D/app.log,$D/big.log}' picks 3 descriptors")),
    Guess("$P --path $D/ap", .hint("'path:$D/ap**' picks 2 descriptors")),
    Guess("$P --path '~/app.log'", .hint("'path:**/app.log' picks 2 descriptors")),
    Guess("$P --path file://$D/app.log", .hint("'path:$D/app.log' picks 2 descriptors")),
    Guess("$P --path '.*\\.lock$'", .hint("a pattern is a glob, and no regular expression; 'path:**.lock'")),
    Guess("$P --path \"$D/(big|run)\"", .hint("no regular expression; 'path:$D/{big,run}**'")),
    Guess("$P --path $D/x.sock", .hint("'local:unix:$D/x.sock' picks descriptor 8")),
    Guess(
      "$P --path x.sock", .hint("the name of a Unix-domain socket, which has no path; 'local:unix:**/x.sock'")
    ),
    Guess("$P \"$D/{big,run\"", .refused("did you mean 'path:")),
    Guess("$P --path \"$D/{big,run\"", .refused("the brace is not closed; add the missing '}'")),
    Guess("$P --path \"$D/{1..3}\"", .refused("list the alternatives as in {1,2,3}")),
    Guess("$P $D/app.log", .refused("did you mean 'path:$D/app.log'?")),
    Guess(
      "$P --path \"$D/app.log \"",
      .hint("a blank at an end counts as a part of the path; 'path:$D/app.log'")),
    Guess("$P --path \"'$D/app.log'\"", .hint("'path:$D/app.log' picks 2 descriptors")),
    Guess("$P --path app.log,big.log", .hint("a path takes no list; 'path:{**/app.log,**/big.log}' picks 3")),
    Guess("$P app.log", .refused("write 'path:**/app.log'")),
    Guess("$P '*.log'", .refused("write 'path:**/*.log'")),
    Guess("$P /proc/$P/fd/3", .refused("write 3, with $P as the first operand")),
    Guess("$P 'name =~ \"log\"'", .refused("write ")),
    Guess("$P 'path~log'", .refused("write 'path:**log**'")),
  ]

  private static let ends: [Guess] = [
    Guess("$P --peer :$PORT", .picks("6")), Guess("$P --peer localhost:$PORT", .picks("6")),
    Guess("$P --peer /run/x.sock", .refused("'/run/x.sock' is not known here; write unix:/run/x.sock")),
    Guess("$P --peer tcp:localhost:80", .refused("write localhost:80, beside --type tcp")),
    Guess("$P --peer http://localhost:8080/x", .refused("write localhost:8080")),
    Guess("$P --peer https://localhost/", .refused("write localhost:https")),
    Guess("$P --peer \"localhost 80\"", .refused("write localhost:80")),
    Guess("$P --peer localhost/80", .refused("write localhost:80")),
    Guess("$P --peer '10.0.0.*'", .refused("write 10.0.0.0/24")),
    Guess(
      "$P --peer 10.0.0", .hint("10.0.0 was read as one address; for all of its hosts write 10.0.0.0/24")),
    Guess("$P --local 10.0.0.1:$PORT --state listen", .hint("'local::$PORT' picks descriptor 5")),
    Guess("$P --peer 0.0.0.0:81", .hint("0.0.0.0 is one address; for port 81 of every host write :81")),
    Guess("$P --peer 0.0.0.0", .hint("0.0.0.0 was read as one address; for every host write 0.0.0.0/0")),
    Guess("$P --peer 10.0.0.1.80", .refused("write 10.0.0.1:80")),
    Guess("$P --peer 80", .refused("write :PORT")),
    Guess("$P --peer unix://$D/x.sock", .hint("'local:unix:$D/x.sock' picks descriptor 8")),
    Guess("$P tcp:localhost:80", .refused("write 'type:tcp and peer:localhost:80'")),
    Guess("$P localhost:80", .refused("write peer:localhost:80")),
    Guess("$P :80", .refused("'peer::80 or local::80'")),
    Guess("$P 10.0.0.7:5432", .refused("write peer:10.0.0.7:5432")),
    Guess("$P 'peer ::1'", .refused("write peer:::1")),
    Guess("$P http://localhost:80/", .refused("write peer:localhost:80")),
    Guess("$P unix:/run/x", .refused("write peer:unix:/run/x, or local:")),
  ]

  private static let processes: [Guess] = [
    Guess("$P:3 4", .failed("no process has the inode number 3; for descriptor 3 write $P 3")),
    Guess("/proc/$P/fd/3", .refused("write $P 3")), Guess("$P/3", .refused("write $P 3")),
    Guess("/proc/$P 3", .refused("write $P")), Guess("deleted $P", .refused("the process comes first")),
    Guess("3- $P", .refused("the process comes first")), Guess("pid=$P 3", .refused("write $P alone")),
    Guess("nginx deleted", .refused("write \"$(pgrep -d, nginx)\"")),
    Guess("all deleted", .refused("write --all")),
    Guess("--all --pid $P 3", .refused("leave --pid out")),
    Guess("close $P 4", .refused("the process comes first")),
  ]
}
