"""Ways out of a sandbox by what the kernel offers besides mounts and namespaces."""

ATTACKS_ON_THE_KERNEL = {
    "control groups": """
for folder in glob.glob("/sys/fs/cgroup*") + glob.glob("/sys/fs/cgroup/*"):
    for name in ("release_agent", "notify_on_release", "cgroup.procs", "tasks", "devices.allow"):
        write(os.path.join(folder, name), str(os.getpid()))
    try:
        os.mkdir(os.path.join(folder, "broken"))
        broken(f"made a group in {folder}")
    except OSError:
        pass
refused("mount", "cgroup", "/mnt", "cgroup", 0, "memory")
refused("mount", "cgroup", "/mnt", "cgroup2", 0, None)
""",
    "keys": """
for ring in (-2, -3, -4, -5):
    refused("add_key", "user", "broken", "text", 4, ring)
    refused("keyctl", 0, ring, 1)
refused("keyctl", 1, None)
""",
    "settings of the kernel": """
for path in (
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug",
    "/proc/sysrq-trigger", "/sys/kernel/uevent_helper", "/proc/sys/fs/binfmt_misc/register",
    "/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/yama/ptrace_scope",
    "/proc/irq/default_smp_affinity", "/sys/power/state", "/proc/sys/kernel/hostname",
    "/proc/sys/user/max_user_namespaces", "/proc/mtrr", "/proc/scsi/scsi",
    "/proc/pressure/memory", "/sys/module/kernel/parameters/panic", "/proc/sys/kernel/ns_last_pid",
):
    write(path, open(path).read() if os.access(path, os.R_OK) and "/sys/" in path else "0")
""",
    "code for the kernel": """
with open(sys.executable, "rb") as file:
    refused("finit_module", file.fileno(), "", 0)
for name, arguments in {
    "init_module": (b"x" * 64, 64, ""), "delete_module": ("broken", 0), "kexec_load": (0, 0, 0, 0),
    "bpf": (0, (ctypes.c_uint32 * 32)(1, 4, 4, 4), 128),
    "perf_event_open": ((ctypes.c_uint32 * 32)(1, 128), 0, -1, -1, 0), "userfaultfd": (1,),
    "io_uring_setup": (4, (ctypes.c_uint8 * 120)()), "swapoff": ("/broken",),
    "reboot": (0xFEE1DEAD, 672274793, 0, 0),
}.items():
    refused(name, *arguments)
""",
    "files by their handles": """
handle = (ctypes.c_uint8 * 136)()
ctypes.memmove(handle, (ctypes.c_uint32 * 1)(128), 4)
place = ctypes.c_int()
for path in ("/usr", os.getcwd(), host["outside"]):
    if call("name_to_handle_at", -100, path, handle, ctypes.byref(place), 0) == 0:
        with open("/etc/passwd") as file:
            refused("open_by_handle_at", file.fileno(), handle, 0)
""",
    "more rights by a program": """
uid = run(host["setuid"], "-u").stdout.strip()
if uid != str(os.getuid()):
    broken(f"is {uid}")
for path in ("/usr/bin/su", "/usr/bin/mount", "/usr/bin/umount", "/usr/bin/passwd"):
    run(path, "--version")
try:
    os.setuid(1 if os.getuid() != 1 else 2)
    broken("became another user")
except OSError:
    pass
""",
    "a program that gives its owner's rights": """
with open("program", "wb") as file:
    file.write(b"x")
    for give in (
        lambda: os.chmod("program", 0o4755),
        lambda: os.fchmod(file.fileno(), 0o4755),
        lambda: os.open("made", os.O_CREAT | os.O_WRONLY, 0o4755),
        lambda: os.mknod("node", 0o104755),
        lambda: os.chmod("program", 0o4755, dir_fd=os.open(".", os.O_RDONLY)),
    ):
        try:
            give()
        except OSError:
            pass
for name in os.listdir("."):
    if os.lstat(name).st_mode & stat.S_ISUID:
        broken(f"{name} is setuid")
""",
    "capabilities": """
with open("/proc/self/status") as file:
    status = dict(line.rstrip().split(":", 1) for line in file)
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    if int(status[name], 16):
        broken(f"{name} {status[name]}")
if status["NoNewPrivs"].strip() != "1" or status["Seccomp"].strip() != "2":
    broken("no filter")
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
refused("capset", header, data)
refused("prctl", 47, 2, 21, 0, 0)  # PR_CAP_AMBIENT_RAISE of CAP_SYS_ADMIN
refused("prctl", 38, 0, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS off
refused("prctl", 28, 0, 0, 0, 0)  # PR_SET_SECUREBITS
""",
    "what is typed into a terminal": """
ours, theirs = os.openpty()
for request in (0x5412, 0x541C, 0x5412 | 1 << 32):
    try:
        if libc.ioctl(theirs, ctypes.c_ulong(request), b"x") == 0:
            broken(f"ioctl {request:x}")
    except OSError:
        pass
""",
    "system calls by other numbers": """
def ends(code):
    if (pid := os.fork()) == 0:
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(code)
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        os._exit(ctypes.CFUNCTYPE(ctypes.c_int)(address)() & 0x7F)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if platform.machine() == "x86_64":
    # mov eax, 20 (getpid of i386); int 0x80; ret
    if (ended := ends(bytes.fromhex("b814000000cd80c3"))) != -signal.SIGSYS:
        broken(f"i386 gave {ended}")
    if (result := libc.syscall(0x40000000 + 39)) != -1 or ctypes.get_errno() != errno.ENOSYS:
        broken(f"x32 gave {result}")
if libc.syscall(1000) != -1 or ctypes.get_errno() != errno.ENOSYS:
    broken("a system call of the future")
""",
}
