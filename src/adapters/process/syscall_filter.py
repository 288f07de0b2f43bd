"""The seccomp filter of a sandbox: which system calls nothing inside of it may make.

Without capabilities most of these calls fail anyway. The filter takes away those that hand out
new ones (a user namespace of one's own), those whose only guard is the user's number, which a
sandbox shares with the server, and the parts of the kernel in which ways out were found again
and again. It is a list of what is refused, as that of Docker
(https://docs.docker.com/engine/security/seccomp/); what the kernel learns later is unknown here.

A classic BPF program as seccomp(2) and bpf(4) of the BSDs describe it: instructions of 8 bytes
over `struct seccomp_data`, whose arguments are 64 bits each, of which the lower half counts for
every call below.
"""

import os
import platform
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06  # BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_RET|K
_IF_EQUAL, _IF_ABOVE, _IF_ANY_BIT = 0x15, 0x25, 0x45  # BPF_JMP|K with JEQ, JGT, JSET
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97

_NEWEST = 469
"""file_setattr of Linux 6.17. A later call is answered as by a kernel of that time; so is the
x32 ABI, whose numbers begin at 2**30 and would pass by everything below."""

_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # The numbers on x86_64 and aarch64. Mounts hide what is the server's: mount(2), fsopen(2).
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    # The namespaces of others, setns(2); a file by its handle goes past all mounts.
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    # Other processes of the same user, the first one of the sandbox among them: ptrace(2).
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # The user's keys, which no namespace keeps apart: keyrings(7).
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Code for the kernel, and its log.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "syslog": (103, 116),
    # The machine itself.
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "acct": (163, 89),
    # It lets a program stop the kernel in the middle of a copy, as exploits want it.
    "userfaultfd": (323, 282),
}
_ABSENT: dict[str, tuple[int | None, int | None]] = {
    # Programs fall back from these if they are not there. The flags of clone3 lie in memory,
    # where no filter sees them; the operations of an io_uring are no system calls at all.
    "clone3": (435, 435),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # As with clone3: its mode could be that of a setuid program.
    "openat2": (437, 437),
}
# A file that the sandbox makes in a workspace belongs to the server's user outside as well, where
# no mount keeps its setuid bit from counting: systemd.exec(5), RestrictSUIDSGID.
_MODES: dict[str, tuple[int | None, int | None, int]] = {
    # The third is the place of the mode among the arguments.
    "chmod": (90, None, 1),
    "fchmod": (91, 52, 1),
    "fchmodat": (268, 53, 2),
    "fchmodat2": (452, 452, 2),
    "creat": (85, None, 1),
}
_OPENING: dict[str, tuple[int | None, int | None, int]] = {
    # That of the flags; the mode is behind them, and counts only with one of those.
    "open": (2, None, 1),
    "openat": (257, 56, 2),
}
_MAKES_FILE = 0o20000100  # O_CREAT, and O_TMPFILE but for O_DIRECTORY
_SETUID = 0o4000
_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET: clone(2)
_NEW_TIME = 0x80  # for unshare(2) only; in clone(2) it is a part of the signal's number
_TYPED_IN = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: ioctl_tty(2), ioctl_console(2)
_TYPE_OF_FILE, _DEVICES = 0o170000, (0o020000, 0o060000)
_UNIX, _NETWORK = 1, (2, 10, 16)  # AF_UNIX; AF_INET, AF_INET6, AF_NETLINK
_TYPE_OF_SOCKET, _CONNECTED = 0xF, (1, 5)  # SOCK_STREAM, SOCK_SEQPACKET


@dataclass(frozen=True, slots=True)
class _Architecture:
    audit: int
    """AUDIT_ARCH_… of linux/audit.h; programs of another one are killed."""
    column: Literal[0, 1]


_ARCHITECTURES = {
    "x86_64": _Architecture(0xC000003E, 0),
    "aarch64": _Architecture(0xC00000B7, 1),
}
_Instruction = tuple[int, int, int, int]
_PASSED: _Instruction = (_RETURN, 0, 0, _ALLOW)


def syscall_filter(*, unix_sockets: bool, machine: str = platform.machine()) -> bytes | None:
    """The program; None for a machine whose numbers of system calls are not known here.

    Without `unix_sockets` no socket can be made that reaches a path or an abstract name, but
    pairs that are connected from the start. (A pair of datagram sockets can still send to any.)
    """
    if (architecture := _ARCHITECTURES.get(machine)) is None:
        return None
    program = _program(architecture, unix_sockets=unix_sockets)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


@contextmanager
def filter_descriptor(program: bytes) -> Iterator[int]:
    """A descriptor to read it from, once."""
    fd = os.memfd_create("seccomp")
    try:
        os.write(fd, program)
        os.lseek(fd, 0, os.SEEK_SET)
        yield fd
    finally:
        os.close(fd)


def _program(architecture: _Architecture, *, unix_sockets: bool) -> Iterator[_Instruction]:
    def number(on_x86_64: int | None, on_aarch64: int | None) -> int | None:
        return (on_x86_64, on_aarch64)[architecture.column]

    yield (_LOAD, 0, 0, _ARCHITECTURE)
    yield (_IF_EQUAL, 1, 0, architecture.audit)
    yield (_RETURN, 0, 0, _KILL)
    yield (_LOAD, 0, 0, _NUMBER)
    yield (_IF_ABOVE, 0, 1, _NEWEST)
    yield (_RETURN, 0, 0, _REFUSE | _ENOSYS)
    for table, error in ((_REFUSED, _EPERM), (_ABSENT, _ENOSYS)):
        for numbers in table.values():
            yield from _call(number(*numbers), [(_RETURN, 0, 0, _REFUSE | error)])
    cloning = [*_unless_bits(0, _NEW_NAMESPACES), _PASSED]
    yield from _call(number(56, 220), cloning)  # clone
    leaving = [*_unless_bits(0, _NEW_NAMESPACES | _NEW_TIME), _PASSED]
    yield from _call(number(272, 97), leaving)  # unshare
    for on_x86_64, on_aarch64, place in _MODES.values():
        yield from _call(number(on_x86_64, on_aarch64), [*_unless_bits(place, _SETUID), _PASSED])
    for on_x86_64, on_aarch64, flags in _OPENING.values():
        is_made = [_argument(flags), (_IF_ANY_BIT, 1, 0, _MAKES_FILE), _PASSED]
        verdict = [*is_made, *_unless_bits(flags + 1, _SETUID), _PASSED]
        yield from _call(number(on_x86_64, on_aarch64), verdict)
    yield from _call(number(16, 29), _unless(1, _TYPED_IN))  # ioctl
    yield from _call(number(133, None), _made_node(1))  # mknod
    yield from _call(number(259, 33), _made_node(2))  # mknodat
    families = (_UNIX, *_NETWORK) if unix_sockets else _NETWORK
    yield from _call(number(41, 198), _only(0, families))  # socket
    if not unix_sockets:
        yield from _call(number(53, 199), _only(1, _CONNECTED, mask=_TYPE_OF_SOCKET))  # socketpair
    yield _PASSED


def _call(number: int | None, verdict: Sequence[_Instruction]) -> Iterator[_Instruction]:
    """What is decided of one system call; the number is in the accumulator before and after."""
    if number is not None:
        yield (_IF_EQUAL, 0, len(verdict), number)
        yield from verdict


def _unless_bits(place: int, bits: int) -> list[_Instruction]:
    """Refused with any of these bits; what comes behind decides of the rest."""
    return [_argument(place), (_IF_ANY_BIT, 0, 1, bits), (_RETURN, 0, 0, _REFUSE | _EPERM)]


def _made_node(place: int) -> list[_Instruction]:
    return [*_unless_bits(place, _SETUID), *_unless(place, _DEVICES, mask=_TYPE_OF_FILE)]


def _unless(place: int, values: Sequence[int], *, mask: int = 0xFFFFFFFF) -> list[_Instruction]:
    return _any_of(place, values, mask, then=_REFUSE | _EPERM, otherwise=_ALLOW)


def _only(place: int, values: Sequence[int], *, mask: int = 0xFFFFFFFF) -> list[_Instruction]:
    return _any_of(place, values, mask, then=_ALLOW, otherwise=_REFUSE | _EAFNOSUPPORT)


def _any_of(
    place: int, values: Sequence[int], mask: int, *, then: int, otherwise: int
) -> list[_Instruction]:
    checks = [(_IF_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
    return [
        _argument(place),
        (_AND, 0, 0, mask),
        *checks,
        (_RETURN, 0, 0, otherwise),
        (_RETURN, 0, 0, then),
    ]


def _argument(place: int) -> _Instruction:
    """Its lower half: both architectures are little-endian."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * place)
