"""Ways out of a sandbox, each a Python program that is run inside of one.

`broken(…)` says that something worked which must not; an error is what is hoped for. They begin
with PRELUDE, and find the paths and numbers of the machine in `host`.
"""

from tests.fault.sandbox_attacks_on_the_kernel import ATTACKS_ON_THE_KERNEL

PRELUDE = """
import ctypes, errno, fcntl, glob, json, mmap, os, platform, signal, stat, subprocess, sys

host = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {  # x86_64, aarch64
    "umount2": (166, 39), "mount": (165, 40), "pivot_root": (155, 41), "setns": (308, 268),
    "open_tree": (428, 428), "fsopen": (430, 430), "move_mount": (429, 429), "clone": (56, 220),
    "unshare": (272, 97), "clone3": (435, 435), "ptrace": (101, 117), "keyctl": (250, 219),
    "add_key": (248, 217), "bpf": (321, 280), "perf_event_open": (298, 241),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "swapoff": (168, 225),
    "process_vm_readv": (310, 270), "mount_setattr": (442, 442), "capset": (126, 91),
    "prctl": (157, 167), "reboot": (169, 142), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
}

def call(name, *arguments):
    # The result, or minus the number of the error.
    number = NUMBERS[name][platform.machine() == "aarch64"]
    plain = [a.encode() if isinstance(a, str) else a for a in arguments]
    result = libc.syscall(number, *(ctypes.c_long(a) if isinstance(a, int) else a for a in plain))
    return result if result >= 0 else -ctypes.get_errno()

def broken(what):
    print("BROKEN", what, flush=True)

def refused(name, *arguments):
    if (result := call(name, *arguments)) >= 0:
        broken(f"{name} gave {result}")

def look():
    # Whether anything that is hidden can be read, or anything outside be written.
    for path in host["hidden"]:
        try:
            with open(path) as file:
                text = file.read()
        except OSError:
            continue
        if "canary" in text:
            broken(f"read {path}")
    write(host["outside"])

def write(path, text="broken"):
    try:
        fd = os.open(path, os.O_WRONLY)
        os.write(fd, text.encode())
    except OSError:
        return
    broken(f"wrote {path}")

def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)
"""

ATTACKS = {
    "umount": """
for target in (*host["masks"], "/tmp", "/proc", "/dev"):
    for flags in (0, 2, 1):  # MNT_DETACH, MNT_FORCE
        refused("umount2", target, flags)
    run("umount", "-l", target)
look()
""",
    "bind mount": """
os.makedirs("here", exist_ok=True)
for source in ("/", "/proc/1/root", host["masks"][0]):
    refused("mount", source, "here", None, 0x1000 | 0x4000, None)  # MS_BIND | MS_REC
for kind in ("tmpfs", "proc", "sysfs", "overlay", "devtmpfs", "cgroup2", "ext4"):
    refused("mount", kind, "here", kind, 0, None)
look()
""",
    "remount": """
for target in ("/", "/usr", "/etc", "/proc/sys", host["masks"][0]):
    refused("mount", None, target, None, 0x20 | 0x1000, None)  # MS_REMOUNT | MS_BIND
run("mount", "-o", "remount,bind,rw", "/")
attributes = (ctypes.c_uint64 * 4)(0, 1, 0, 0)  # clear MOUNT_ATTR_RDONLY
refused("mount_setattr", -100, "/", 0x8000, attributes, 32)
look()
""",
    "new mount calls": """
if (tree := call("open_tree", -100, "/", 1)) >= 0:  # OPEN_TREE_CLONE
    broken("open_tree")
refused("fsopen", "tmpfs", 0)
refused("move_mount", tree, "", -100, "/mnt", 4)
look()
""",
    "another root": """
os.makedirs("root/old", exist_ok=True)
refused("pivot_root", "root", "root/old")
for _ in range(2):
    try:
        os.chroot("root")
        broken("chroot")
        for _ in range(64):
            os.chdir("..")
    except OSError:
        pass
look()
""",
    "namespaces of others": """
for path in glob.glob("/proc/[0-9]*/ns/*"):
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        continue
    refused("setns", fd, 0)
if (pidfd := call("pidfd_open", 1, 0)) >= 0:
    refused("setns", pidfd, 0x20020000)
    refused("pidfd_getfd", pidfd, 0, 0)
if run("nsenter", "-t", "1", "-a", "true").returncode == 0:
    broken("nsenter")
""",
    "namespaces of its own": """
for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000, 0x2000000, 0x80):
    refused("unshare", flag)
    refused("unshare", 0x10000000 | flag)
def cloned(flags):
    if (pid := call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0)) == 0:
        os._exit(0)
    if pid > 0:
        broken(f"clone {flags:x}")
cloned(0x10000000)
cloned(0x10000000 | 0x20000)
arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, signal.SIGCHLD)
if (pid := call("clone3", arguments, 88)) == 0:
    os._exit(0)
if pid != -errno.ENOSYS:
    broken(f"clone3 gave {pid}")
script = f"umount -l {host['masks'][0]}; mount -o remount,bind,rw /; cat {host['hidden'][0]}"
if "canary" in (out := run("unshare", "-Urm", "sh", "-c", script).stdout):
    broken(out)
if run("unshare", "-Urm", "true").returncode == 0:
    broken("unshare -Urm")
if run("bwrap", "--bind", "/", "/", "true").returncode == 0:
    broken("bwrap")
look()
""",
    "processes of the server": """
for pid in (host["server"], os.getppid(), 1):
    for request in (16, 0x4206):  # PTRACE_ATTACH, PTRACE_SEIZE
        refused("ptrace", request, pid, 0, 0)
    refused("process_vm_readv", pid, (ctypes.c_uint64 * 2)(0, 8), 1, (ctypes.c_uint64 * 2)(0, 8), 1, 0)
refused("ptrace", 0, 0, 0, 0)  # PTRACE_TRACEME
if os.path.exists(f"/proc/{host['server']}/root"):
    broken("sees the server")
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        with open(path, "rb") as file:
            if b"canary" in file.read():
                broken(f"read {path}")
    except OSError:
        pass
""",
    "what /proc leads to": """
for pid in ("1", "self", str(os.getppid()), str(host["server"])):
    for way in ("root", "cwd", "root/proc/1/root", "cwd/../../../../.."):
        for path in host["hidden"]:
            try:
                with open(f"/proc/{pid}/{way}{path}") as file:
                    if "canary" in file.read():
                        broken(f"read {path} by {pid}/{way}")
            except OSError:
                pass
        write(f"/proc/{pid}/{way}{host['outside']}")
for path in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        if any(os.path.realpath(path) == hidden for hidden in host["hidden"]):
            broken(path)
    except OSError:
        pass
""",
    "devices": """
for place in (".", os.environ["HOME"], "/tmp", "/dev", "/dev/shm"):
    for kind in (stat.S_IFBLK, stat.S_IFCHR):
        for device in (host["disk"], os.makedev(1, 1), os.makedev(1, 2)):  # the disk, mem, kmem
            path = os.path.join(place, "node")
            try:
                os.mknod(path, 0o600 | kind, device)
            except OSError:
                continue
            broken(f"made {path}")
            os.unlink(path)
names = ("mem", "kmem", "port", "kmsg", "kvm", "fuse", "loop-control", "vhost-vsock", "net/tun")
disks = [os.path.basename(path) for path in glob.glob("/sys/class/block/*")]
for path in (*(f"/dev/{name}" for name in (*names, *disks)), host["disk_node"]):
    try:
        os.open(path, os.O_RDONLY)
        broken(f"opened {path}")
    except OSError:
        pass
""",
    **ATTACKS_ON_THE_KERNEL,
}
