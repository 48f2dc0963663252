import TestSupport

/// The beginning of a script for `python(_:_:)` that starts servers and connects to them.
///
/// The arguments are the option of rangeclose, the words in front of it, and a directory. The script has
/// these names:
/// - `free_port()`: a port of this computer that no socket has.
/// - `start(WORD...)`: a program that ends with the script.
/// - `eventually(CONDITION)`: waits until a function returns a value that holds, and returns that value.
/// - `connect(PORT)`: a connection, as soon as somebody listens.
/// - `name(SOCKET)`: its own address, as `peer:` takes it.
/// - `end_of(SOCKET)`: the next that it receives: bytes, the name of an error, or `nothing`.
/// - `cure(PID, WORD...)`: ends the connections that the words pick, and checks the result.
let serving = #"""
  import ctypes, errno, random, signal, socket, threading, time
  def free_port():
    # The kernel takes the ports of clients from above.
    while True:
      port = random.randrange(10000, 30000)
      with socket.socket() as probe:
        try: probe.bind(("127.0.0.1", port)); return port
        except OSError: pass
  def start(*words, **more):
    end_with_us = lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    streams = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return subprocess.Popen(words, preexec_fn=end_with_us, **{**streams, **more})
  def eventually(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end: time.sleep(0.01)
    return holds()
  def connect(port):
    client = []
    def attempt():
      try: client.append(socket.create_connection(("127.0.0.1", port), timeout=20))
      except OSError: pass
      return client
    check(eventually(attempt), "no connection to port", port)
    return client[0]
  def name(client): return "%s:%d" % client.getsockname()
  def end_of(client):
    try: return client.recv(4096)
    except TimeoutError: return "nothing"
    except OSError as error: return errno.errorcode[error.errno]
  operation, prefix, directory = arguments[0], arguments[1].split(), arguments[2]
  # A reset reaches the peer of a dropped connection.
  ending = b"" if operation == "--shutdown" else "ECONNRESET"
  def cure(pid, *words):
    done = subprocess.run([*prefix, command, "-v", str(pid), *words, operation], capture_output=True)
    right = done.returncode == 0 and b"): 1 call of" in done.stdout.partition(b"\n%d (" % int(pid))[2]
    check(right and b"no thread was stopped" in done.stdout, done)

  """#
