using System.Runtime.InteropServices;
using System.Text;

namespace McpActors.FaultServer;

/// <summary>The faults that are not the protocol's: of the start, of the life and of the family of the process.</summary>
internal sealed partial class Misbehaviour(Options options) : IDisposable
{
    private readonly List<IDisposable> _held = [];
    private readonly List<byte[]> _leaked = [];

    /// <summary>Faults before anything else; an exit status ends the program.</summary>
    public static int? AtStart(Options options)
    {
        if (options.EchoEnv is { } name)
        {
            Console.Error.WriteLine($"{name}={Environment.GetEnvironmentVariable(name)}");
        }

        for (var i = 1; i <= options.StderrLines; i++)
        {
            Console.Error.WriteLine($"stderr line {i}");
        }

        if (options.ExitAtOnce is not { } code)
        {
            return null;
        }

        Console.Error.WriteLine("cannot start: the widget is not configured");
        return code;
    }

    /// <summary>Starts the timers and the family; does not come back with <c>--hang-at-start</c>.</summary>
    public async Task StartAsync()
    {
        if (options.IgnoreSigterm)
        {
            _held.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true));
        }

        if (options.CrashAfterSeconds is { } seconds)
        {
            _held.Add(new Timer(_ => Environment.Exit(70), null, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan));
        }

        if (options.LeakMegabytesPerSecond > 0)
        {
            _held.Add(new Timer(_ => Leak(), null, TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        }

        if (options.Grandchild)
        {
            Spawn("exec sleep 600", ownSession: false);
        }

        if (options.GrandchildIgnoresSigterm)
        {
            Spawn("trap '' TERM; echo ready >&2; while true; do sleep 1; done", ownSession: false);
        }

        if (options.GrandchildOwnSession)
        {
            Spawn("exec sleep 600", ownSession: true);
        }

        if (options.ZombieChild)
        {
            Spawn("exit 0", ownSession: false);
        }

        if (options.HangAtStart)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        }
    }

    public void Dispose() => _held.ForEach(held => held.Dispose());

    private void Leak()
    {
        var block = GC.AllocateUninitializedArray<byte>(options.LeakMegabytesPerSecond * 1024 * 1024);

        // Touched, or it would not be resident.
        for (var i = 0; i < block.Length; i += 4096)
        {
            block[i] = 1;
        }

        _leaked.Add(block);
    }

    /// <summary>
    /// Starts a shell that inherits the standard streams and the environment, and never collects it. The class
    /// Process would collect it, and could not give it a session.
    /// </summary>
    private static unsafe void Spawn(string script, bool ownSession)
    {
        const short SetSession = 0x80;
        var attributes = stackalloc byte[1024];
        _ = AttributesInit(attributes);
        _ = AttributesSetFlags(attributes, ownSession ? SetSession : (short)0);
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Select(e => $"{e.Key}={e.Value}").ToArray();
        var argv = Strings(["sh", "-c", script]);
        var envp = Strings(environment);
        fixed (byte* path = "/bin/sh\0"u8)
        {
            int pid;
            var error = PosixSpawn(&pid, path, null, attributes, argv, envp);
            Console.Error.WriteLine(error == 0 ? $"grandchild {pid}" : $"grandchild failed with error {error}");
        }
    }

    private static unsafe byte** Strings(string[] texts)
    {
        // Never freed: it is done once or twice in the life of a test's program.
        var array = (byte**)NativeMemory.AllocZeroed((nuint)(texts.Length + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < texts.Length; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(texts[i] + "\0");
            array[i] = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
            bytes.CopyTo(new Span<byte>(array[i], bytes.Length));
        }

        return array;
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static unsafe partial int PosixSpawn(int* pid, byte* path, void* actions, void* attributes, byte** argv, byte** envp);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static unsafe partial int AttributesInit(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static unsafe partial int AttributesSetFlags(void* attributes, short flags);
}
