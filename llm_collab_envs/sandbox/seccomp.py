"""A filter of system calls: what no answer needs, and namespaces and rlimits leave open.

Namespaces leave the kernel's whole surface open, and the kernel does not count the processes of
root, so the filter refuses to make processes, threads, sockets and shared memory, to look into
other processes, and to get at the parts of the kernel that broke most often. A call that it refuses
fails with EPERM, which Python raises as PermissionError.
"""

from __future__ import annotations

import errno
import platform
import struct

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE = 0, 4  # where struct seccomp_data keeps them
_X32 = 0x40000000
# By machine: its AUDIT_ARCH, then the numbers in the kernel's tables of
# clone, fork, vfork, clone3, execveat, socket, socketpair, ptrace, process_vm_readv,
# process_vm_writev, kcmp, unshare, setns, mount, umount2, pivot_root, chroot, keyctl, add_key,
# request_key, bpf, perf_event_open, userfaultfd, io_uring_setup, open_by_handle_at, shmget, msgget,
# semget, mq_open, memfd_create, personality, fsopen, open_tree, move_mount, mount_setattr
_TABLES: dict[str, tuple[int, str]] = {
    "x86_64": (
        0xC000003E,
        "56 57 58 435 322 41 53 101 310 311 312 272 308 165 166 155 161 250 248 249 321 298 323 "
        "425 304 29 68 64 240 319 135 430 428 429 442",
    ),
    "aarch64": (
        0xC00000B7,
        "220 435 281 198 199 117 270 271 272 97 268 40 39 41 51 219 217 218 280 241 282 425 265 "
        "194 186 190 180 279 92 430 428 429 442",
    ),
}


def syscall_filter() -> bytes:
    """The filter as the kernel reads it; empty for a machine whose numbers are not known here."""
    if platform.machine() not in _TABLES:
        return b""
    architecture, numbers = _TABLES[platform.machine()]
    refuse = _ERRNO | errno.EPERM
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, refuse),
    ]
    for number in map(int, numbers.split()):
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, refuse)]
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in program)
