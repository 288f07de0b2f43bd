"""What the filter decides of a system call, carried out as the kernel would."""

import errno
import struct
from collections.abc import Sequence
from typing import Literal

import pytest

from adapters.process.syscall_filter import filter_descriptor, syscall_filter

Machine = Literal["x86_64", "aarch64"]
Verdict = int | Literal["allowed", "killed"]

MACHINES: tuple[Machine, ...] = ("x86_64", "aarch64")
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
I386 = 0x40000003
NUMBERS = {
    "read": (0, 63),
    "execve": (59, 221),
    "clone": (56, 220),
    "unshare": (272, 97),
    "ioctl": (16, 29),
    "mknodat": (259, 33),
    "fchmodat": (268, 53),
    "openat": (257, 56),
    "openat2": (437, 437),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "mount": (165, 40),
    "umount2": (166, 39),
    "ptrace": (101, 117),
    "keyctl": (250, 219),
    "clone3": (435, 435),
    "io_uring_enter": (426, 426),
    "landlock_restrict_self": (446, 446),
}
STREAM, DATAGRAM, RAW, PACKETS, CLOSED_ON_EXEC = 1, 2, 3, 5, 0o2000000
USER, FILES, THREAD = 0x10000000, 0x400, 0x3D0F00


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("name", "arguments", "verdict"),
    [
        ("read", (), "allowed"),
        ("execve", (), "allowed"),
        ("connect", (3,), "allowed"),
        ("landlock_restrict_self", (), "allowed"),
        ("mount", (), errno.EPERM),
        ("umount2", (), errno.EPERM),
        ("ptrace", (), errno.EPERM),
        ("keyctl", (), errno.EPERM),
        ("clone3", (), errno.ENOSYS),
        ("io_uring_enter", (), errno.ENOSYS),
        ("clone", (THREAD,), "allowed"),
        ("clone", (USER | 17,), errno.EPERM),
        ("unshare", (FILES,), "allowed"),
        ("unshare", (USER,), errno.EPERM),
        ("unshare", (0x80,), errno.EPERM),
        ("ioctl", (0, 0x5401), "allowed"),
        ("ioctl", (0, 0x5412), errno.EPERM),
        # The kernel takes 32 bits of it: CVE-2019-10063.
        ("ioctl", (0, 0x5412 | 1 << 32), errno.EPERM),
        ("mknodat", (0, 0, 0o010600), "allowed"),
        ("mknodat", (0, 0, 0o100600), "allowed"),
        ("mknodat", (0, 0, 0o020600), errno.EPERM),
        ("mknodat", (0, 0, 0o060600), errno.EPERM),
        ("fchmodat", (0, 0, 0o2755), "allowed"),
        ("fchmodat", (0, 0, 0o4755), errno.EPERM),
        ("openat", (0, 0, 0o101, 0o666), "allowed"),
        ("openat", (0, 0, 0o101, 0o4755), errno.EPERM),
        ("openat", (0, 0, 0o20200001, 0o4755), errno.EPERM),
        # What is opened has its mode already, and here is whatever the register contained.
        ("openat", (0, 0, 0o1, 0o4755), "allowed"),
        ("openat2", (), errno.ENOSYS),
        ("mknodat", (0, 0, 0o104755), errno.EPERM),
        ("socket", (2, STREAM), "allowed"),
        ("socket", (10, STREAM), "allowed"),
        ("socket", (16, RAW), "allowed"),
        ("socket", (1, STREAM), errno.EAFNOSUPPORT),
        ("socket", (1 | 1 << 32, STREAM), errno.EAFNOSUPPORT),
        ("socket", (40, STREAM), errno.EAFNOSUPPORT),
        ("socketpair", (1, STREAM | CLOSED_ON_EXEC), "allowed"),
        ("socketpair", (1, PACKETS), "allowed"),
        ("socketpair", (1, DATAGRAM | CLOSED_ON_EXEC), errno.EAFNOSUPPORT),
        ("socketpair", (1, RAW), errno.EAFNOSUPPORT),
    ],
)
def test_a_call_is_let_through_or_refused(
    machine: Machine, name: str, arguments: Sequence[int], verdict: Verdict
) -> None:
    assert _decided(machine, name, arguments) == verdict


@pytest.mark.parametrize("machine", MACHINES)
def test_unix_sockets_can_be_allowed(machine: Machine) -> None:
    for name, arguments in (("socket", (1, DATAGRAM)), ("socketpair", (1, DATAGRAM))):
        assert _decided(machine, name, arguments, unix_sockets=True) == "allowed"
    refused = _decided(machine, "socket", (40, STREAM), unix_sockets=True)
    assert refused == errno.EAFNOSUPPORT


@pytest.mark.parametrize("machine", MACHINES)
def test_a_call_of_the_future_and_of_another_numbering_is_not_there(machine: Machine) -> None:
    for number in (470, 1000, 0x40000000, 0x40000000 + 39, 0xFFFFFFFF):
        assert _verdict(machine, number) == errno.ENOSYS


def test_a_program_of_another_architecture_is_killed() -> None:
    assert _verdict("x86_64", 20, architecture=I386) == "killed"
    assert _verdict("aarch64", 63, architecture=ARCHITECTURES["x86_64"]) == "killed"


def test_there_is_none_for_an_unknown_machine() -> None:
    assert syscall_filter(unix_sockets=False, machine="riscv64") is None


def test_it_is_read_from_a_descriptor() -> None:
    with filter_descriptor(b"program") as fd, open(fd, "rb", closefd=False) as file:
        assert file.read() == b"program"


def _decided(
    machine: Machine, name: str, arguments: Sequence[int], *, unix_sockets: bool = False
) -> Verdict:
    number = NUMBERS[name][MACHINES.index(machine)]
    return _verdict(machine, number, arguments, unix_sockets=unix_sockets)


def _verdict(
    machine: Machine,
    number: int,
    arguments: Sequence[int] = (),
    *,
    architecture: int | None = None,
    unix_sockets: bool = False,
) -> Verdict:
    given = (*arguments, *(0,) * (6 - len(arguments)))
    known = ARCHITECTURES[machine] if architecture is None else architecture
    program = syscall_filter(unix_sockets=unix_sockets, machine=machine)
    assert program is not None
    result = _carried_out(program, struct.pack("<IIQ6Q", number, known, 0, *given))
    match result & 0xFFFF0000:
        case 0x7FFF0000:
            return "allowed"
        case 0x80000000:
            return "killed"
        case 0x00050000:
            return result & 0xFFFF
        case other:
            raise AssertionError(f"an unknown verdict {other:x}")


def _carried_out(program: bytes, data: bytes) -> int:
    accumulator, at = 0, 0
    while True:
        code, if_so, if_not, operand = struct.unpack_from("<HBBI", program, 8 * at)
        at += 1
        match code:
            case 0x20:
                accumulator = struct.unpack_from("<I", data, operand)[0]
            case 0x54:
                accumulator &= operand
            case 0x15:
                at += if_so if accumulator == operand else if_not
            case 0x25:
                at += if_so if accumulator > operand else if_not
            case 0x45:
                at += if_so if accumulator & operand else if_not
            case 0x06:
                return int(operand)
            case _:
                raise AssertionError(f"an unknown instruction {code:x}")
