"""Shuts down and drops sockets that lie on top of TCP: kTLS and SMC.

The child is the target: it blocks in recv(2), reports what the call returned, and what its next send(2) did.
The parent is the peer. Exit status 77 means that the kernel has no such sockets.
"""
import errno, os, select, socket, struct, subprocess, sys

SECONDS = 20
TCP_ULP, SOL_TLS, TLS_TX, TLS_RX, AF_SMC = 31, 282, 1, 2, 43  # include/uapi/linux/{tcp,tls}.h, linux/socket.h


def encrypt(end):
    """Gives a connection the kernel's TLS 1.2 with AES-GCM-128 and a key of zeros in both directions."""
    end.setsockopt(socket.IPPROTO_TCP, TCP_ULP, b"tls")
    for direction in (TLS_TX, TLS_RX):
        end.setsockopt(SOL_TLS, direction, struct.pack("=HH", 0x0303, 51) + bytes(8 + 16 + 4 + 8))


def pair(kind):
    family = AF_SMC if kind == "smc" else socket.AF_INET
    try:
        listener = socket.socket(family, socket.SOCK_STREAM, 0)
    except OSError as error:
        print(f"skipped: no sockets of {kind}: {error}")
        sys.exit(77)
    if kind == "smc":
        # Python knows no addresses of AF_SMC, and SMC takes those of AF_INET; see af_smc(7).
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=listener.detach())
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    client = socket.socket(family, socket.SOCK_STREAM, 0)
    if kind == "smc":
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=client.detach())
    client.connect(listener.getsockname())
    server, _ = listener.accept()
    if kind == "tls":
        try:
            encrypt(client)
            encrypt(server)
        except OSError as error:
            print(f"skipped: no kTLS: {error}")
            sys.exit(77)
    client.sendall(b"a")
    assert server.recv(1) == b"a"
    server.sendall(b"b")
    assert client.recv(1) == b"b"
    return client, server


def result(call):
    try:
        return repr(call())
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))


def target(end, report):
    os.write(report, f"{result(lambda: end.recv(1))}\n".encode())
    os.write(report, f"{result(lambda: end.send(b'x'))}\n".encode())
    os.read(0, 1)


def line(reader):
    """The next line of the target; None if none comes in time."""
    if not select.select([reader], [], [], SECONDS)[0]:
        return None
    text = b""
    while not text.endswith(b"\n"):
        byte = os.read(reader, 1)
        if not byte:
            return None
        text += byte
    return text.decode().strip()


def attempt(kind, option, prefix):
    client, server = pair(kind)
    reader, writer = os.pipe()
    held, hold = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(held, 0)
        os.close(hold)
        server.close()
        target(client, writer)
        os._exit(0)
    number = client.fileno()
    client.close()
    try:
        while True:  # until the target waits in the call
            state = open(f"/proc/{child}/wchan").read()
            if state not in ("", "0"):
                break
        done = subprocess.run(
            prefix + [os.environ["RANGECLOSE"], option, "-v", str(child), str(number)],
            capture_output=True, text=True, timeout=60)
        woke = line(reader)
        after = line(reader) if woke is not None else None
        server.settimeout(SECONDS)
        peer = result(lambda: server.recv(10))
        print(f"{kind} {option} {'as ' + prefix[0] if prefix else 'as root'}: status {done.returncode}")
        print(f"  target {woke}, then {after}; peer {peer}")
        print("  " + (done.stdout + done.stderr).strip().replace("\n", "\n  "))
        if done.returncode != 0:
            return True
        # After shutdown(2) for writing, only the peer reads something: the end of the stream.
        return peer == "b''" if option == "--shutdown=write" else woke is not None
    finally:
        os.close(hold)
        os.kill(child, 9)
        os.waitpid(child, 0)


kind = sys.argv[1]
powerless = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]
good = True
for option, prefix in (("--shutdown", []), ("--shutdown=read", []), ("--shutdown=write", []),
                       ("--drop", []), ("--drop", powerless)):
    good = attempt(kind, option, prefix) and good
print("holds" if good else "rangeclose reported success, and an end did not notice")
sys.exit(0 if good else 1)
