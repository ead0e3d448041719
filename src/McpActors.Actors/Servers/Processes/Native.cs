using System.Runtime.InteropServices;

namespace McpActors.Actors.Servers.Processes;

/// <summary>
/// The few calls of the C library that .NET does not offer. Linux only; the numbers are those of its generic
/// interface, which x86-64 and arm64 share, for both glibc and musl.
/// </summary>
internal static unsafe partial class Native
{
    public const int SigKill = 9;
    public const int SigTerm = 15;
    public const int SigCont = 18;

    public const int Enoent = 2;
    public const int Esrch = 3;
    public const int Enoexec = 8;
    public const int Echild = 10;
    public const int Eacces = 13;
    public const int Eexist = 17;
    public const int Eloop = 40;
    public const int Ewouldblock = 11;

    public const int OpenReadOnly = 0;
    public const int OpenWriteOnly = 1;
    public const int OpenReadWrite = 2;
    public const int OpenCreate = 0x40;
    public const int OpenNonBlock = 0x800;
    public const int OpenCloseOnExec = 0x80000;

    public const int WaitNoHang = 1;
    public const int ExecuteAccess = 1;
    public const int LockExclusiveNow = 2 | 4;
    public const int BootTimeClock = 7;
    public const int SubreaperOption = 36;
    public const nuint UnreadBytes = 0x541B;
    public const nuint UnsentBytes = 0x5411;

    public const short SpawnSetSignalDefaults = 0x04;
    public const short SpawnSetSignalMask = 0x08;
    public const short SpawnSetSession = 0x80;

    /// <summary>O_NOFOLLOW is one of the few flags whose number depends on the processor.</summary>
    public static int OpenNoFollow { get; } =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial int Open(byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(SafeHandle fd, nuint request, out int value);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Flock(SafeHandle fd, int operation);

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    public static partial int SocketPair(int domain, int type, int protocol, int* fds);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int pid, int* status, int options);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int Prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint Syscall(nint number, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "sysconf")]
    public static partial nint Sysconf(int name);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    public static partial int ClockGetTime(int clock, long* secondsAndNanoseconds);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Chmod(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectory(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Statx(int directory, string path, int flags, uint mask, byte* result);

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    public static partial int PosixSpawn(int* pid, byte* path, void* actions, void* attributes, byte** argv, byte** envp);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int SpawnAttributesInit(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    public static partial int SpawnAttributesDestroy(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SpawnAttributesSetFlags(void* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SpawnAttributesSetSignalDefaults(void* attributes, void* set);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SpawnAttributesSetSignalMask(void* attributes, void* set);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    public static partial int SignalSetFill(void* set);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    public static partial int SignalSetEmpty(void* set);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int SpawnActionsInit(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int SpawnActionsDestroy(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int SpawnActionsAddDup2(void* actions, int fd, int newFd);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    public static partial int SpawnActionsAddChangeDirectory(void* actions, byte* path);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    public static partial int SpawnActionsAddCloseFrom(void* actions, int from);

    /// <summary>The owner of a path itself (a link is not followed), or null where the system cannot say.</summary>
    public static uint? OwnerOf(string path)
    {
        // struct statx is 256 bytes on every processor; stx_uid stands at offset 20.
        var result = stackalloc byte[256];
        try
        {
            return Statx(-100, path, 0x100, 0x8, result) == 0 ? *(uint*)(result + 20) : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Seconds since the machine booted, suspended time included: the clock of a process's start time.</summary>
    public static double SecondsSinceBoot()
    {
        var time = stackalloc long[2];
        return ClockGetTime(BootTimeClock, time) == 0 ? time[0] + (time[1] / 1e9) : double.NaN;
    }

    /// <summary>
    /// Signals exactly the process that <paramref name="isTheOne"/> recognises. A pidfd holds the process while it is
    /// looked at, so that a re-used number is never hit; kernels before 5.3 check and signal one after the other.
    /// </summary>
    /// <returns>True when the signal was sent.</returns>
    public static bool SignalVerified(int pid, int signal, Func<int, bool> isTheOne)
    {
        const int PidfdSendSignal = 424;
        const int PidfdOpen = 434;
        var fd = (int)Syscall(PidfdOpen, pid, 0, 0, 0);
        if (fd < 0)
        {
            return Marshal.GetLastPInvokeError() != Esrch && isTheOne(pid) && Kill(pid, signal) == 0;
        }

        try
        {
            return isTheOne(pid) && Syscall(PidfdSendSignal, fd, signal, 0, 0) == 0;
        }
        finally
        {
            _ = Close(fd);
        }
    }
}
