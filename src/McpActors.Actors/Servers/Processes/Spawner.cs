using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace McpActors.Actors.Servers.Processes;

/// <summary>
/// Starts a program by <c>posix_spawn</c> as the leader of its own session and group, with a socket pair for each of
/// its three standard streams.
/// </summary>
/// <remarks>
/// Why not System.Diagnostics.Process: it hands out blocking pipes (two threads of the pool parked for every server),
/// folds a signal into the exit status (137 may be either), and has no way to set the session. Node.js gives its
/// children socket pairs too, so servers know them.
/// </remarks>
internal static unsafe class Spawner
{
    private const int UnixDomain = 1;
    private const int StreamSocket = 1;
    private const int CloseOnExec = 0x80000;

    /// <summary>Larger than any C library's <c>posix_spawnattr_t</c> (336 bytes), file actions (80) and signal set (128).</summary>
    private const int OpaqueSize = 1024;

    private static volatile bool s_noCloseFrom;

    /// <summary>Starts it.</summary>
    /// <param name="file">Absolute path of the executable.</param>
    /// <param name="argv">The arguments, the program's own name first.</param>
    /// <param name="environment">The whole environment.</param>
    /// <param name="workingDirectory">Absolute.</param>
    /// <exception cref="ProcessStartException">The system refused; nothing is left open.</exception>
    public static (int Pid, Socket Stdin, Socket Stdout, Socket Stderr) Start(
        string file,
        IReadOnlyList<string> argv,
        IReadOnlyList<KeyValuePair<string, string>> environment,
        string workingDirectory)
    {
        if (argv.Any(a => a.Contains('\0')) ||
            environment.Any(e => e.Key.Length == 0 || e.Key.Contains('=') || e.Key.Contains('\0') || e.Value.Contains('\0')))
        {
            throw new ProcessStartException(new StartRefusal(
                StartRefusal.BadArgument,
                "An argument or a variable of the environment holds a NUL character, or a variable's name is empty or holds \"=\".", "Correct the declaration."));
        }

        var ours = stackalloc int[3] { -1, -1, -1 };
        var theirs = stackalloc int[3] { -1, -1, -1 };
        try
        {
            for (var i = 0; i < 3; i++)
            {
                MakePair(out ours[i], out theirs[i]);
            }

            var pid = Spawn(file, argv, environment, workingDirectory, theirs);
            var sockets = (pid, Wrap(ref ours[0]), Wrap(ref ours[1]), Wrap(ref ours[2]));
            return sockets;
        }
        finally
        {
            for (var i = 0; i < 3; i++)
            {
                CloseIfOpen(ours[i]);
                CloseIfOpen(theirs[i]);
            }
        }
    }

    private static Socket Wrap(ref int fd)
    {
        var socket = new Socket(new SafeSocketHandle(fd, ownsHandle: true));
        fd = -1;
        return socket;
    }

    private static void MakePair(out int ours, out int theirs)
    {
        const int DuplicateCloseOnExec = 1030;
        var pair = stackalloc int[2];
        if (Native.SocketPair(UnixDomain, StreamSocket | CloseOnExec, 0, pair) != 0)
        {
            throw Refused(Marshal.GetLastPInvokeError(), "open its streams");
        }

        ours = pair[0];
        theirs = pair[1];
        if (theirs < 3)
        {
            // The node itself was started without some standard stream; the copying below must not meet 0, 1 or 2.
            var higher = Native.Fcntl(theirs, DuplicateCloseOnExec, 3);
            var error = Marshal.GetLastPInvokeError();
            _ = Native.Close(theirs);
            theirs = higher;
            if (higher < 0)
            {
                throw Refused(error, "open its streams");
            }
        }
    }

    private static int Spawn(
        string file,
        IReadOnlyList<string> argv,
        IReadOnlyList<KeyValuePair<string, string>> environment,
        string workingDirectory,
        int* streams)
    {
        var attributes = stackalloc byte[OpaqueSize];
        var actions = stackalloc byte[OpaqueSize];
        var signals = stackalloc byte[OpaqueSize];
        using var strings = new NativeStrings();
        _ = Native.SpawnAttributesInit(attributes);
        _ = Native.SpawnActionsInit(actions);
        try
        {
            // The runtime ignores SIGPIPE and blocks nothing; a child must start with every signal at its default.
            _ = Native.SpawnAttributesSetFlags(
                attributes, Native.SpawnSetSession | Native.SpawnSetSignalDefaults | Native.SpawnSetSignalMask);
            _ = Native.SignalSetFill(signals);
            _ = Native.SpawnAttributesSetSignalDefaults(attributes, signals);
            _ = Native.SignalSetEmpty(signals);
            _ = Native.SpawnAttributesSetSignalMask(attributes, signals);
            _ = Native.SpawnActionsAddChangeDirectory(actions, strings.Add(workingDirectory));
            for (var i = 0; i < 3; i++)
            {
                _ = Native.SpawnActionsAddDup2(actions, streams[i], i);
            }

            CloseEverythingElse(actions);
            var environmentStrings = strings.AddAll(environment.Select(e => e.Key + "=" + e.Value).ToArray());
            int pid;
            var error = Native.PosixSpawn(&pid, strings.Add(file), actions, attributes, strings.AddAll(argv), environmentStrings);
            if (error == Native.Enoexec && LooksLikeText(file))
            {
                // A script without "#!": execvp, and so every shell and Node.js, runs it by sh.
                string[] viaShell = ["sh", file, .. argv.Skip(1)];
                error = Native.PosixSpawn(&pid, strings.Add("/bin/sh"), actions, attributes, strings.AddAll(viaShell), environmentStrings);
            }

            return error == 0 ? pid : throw Refused(error, $"execute \"{file}\"");
        }
        finally
        {
            _ = Native.SpawnActionsDestroy(actions);
            _ = Native.SpawnAttributesDestroy(attributes);
        }
    }

    /// <summary>Everything of ours is close-on-exec already; this covers descriptors that the node itself inherited.</summary>
    private static void CloseEverythingElse(void* actions)
    {
        if (s_noCloseFrom)
        {
            return;
        }

        try
        {
            _ = Native.SpawnActionsAddCloseFrom(actions, 3);
        }
        catch (EntryPointNotFoundException)
        {
            // musl, and glibc before 2.34.
            s_noCloseFrom = true;
        }
    }

    private static bool LooksLikeText(string file)
    {
        Span<byte> head = stackalloc byte[256];
        try
        {
            using var handle = File.OpenHandle(file);
            head = head[..RandomAccess.Read(handle, head, 0)];
            return !head.Contains((byte)0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static ProcessStartException Refused(int error, string what) => new(error switch
    {
        Native.Enoexec => new StartRefusal(
            StartRefusal.NotExecutable,
            $"The system cannot {what}: it is not a program for this machine.", "Install the build for this processor."),
        Native.Eacces => new StartRefusal(
            StartRefusal.NotExecutable,
            $"The system may not {what}: permission denied.", "Check the file's and its folders' permissions, and that its file system is not mounted noexec."),
        _ => new StartRefusal(
            StartRefusal.SystemRefused,
            $"The system cannot {what}: {Marshal.GetPInvokeErrorMessage(error)} (error {error}).", "Check the limits of this user (ulimit -u, ulimit -n) and the memory."),
    });

    private static void CloseIfOpen(int fd)
    {
        if (fd >= 0)
        {
            _ = Native.Close(fd);
        }
    }

    /// <summary>C strings, wiped and freed together: the environment holds secrets.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly List<(nint Address, int Length)> _blocks = [];

        public byte* Add(string text)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            var block = (byte*)NativeMemory.Alloc((nuint)length + 1);
            _blocks.Add(((nint)block, length));
            Encoding.UTF8.GetBytes(text, new Span<byte>(block, length));
            block[length] = 0;
            return block;
        }

        public byte** AddAll(IReadOnlyList<string> texts)
        {
            var size = (texts.Count + 1) * sizeof(byte*);
            var array = (byte**)NativeMemory.AllocZeroed((nuint)size);
            _blocks.Add(((nint)array, size));
            for (var i = 0; i < texts.Count; i++)
            {
                array[i] = Add(texts[i]);
            }

            return array;
        }

        public void Dispose()
        {
            foreach (var (address, length) in _blocks)
            {
                new Span<byte>((void*)address, length).Clear();
                NativeMemory.Free((void*)address);
            }
        }
    }
}
