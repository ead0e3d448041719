using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using McpActors.Core.Servers;

namespace McpActors.Actors.Servers.Processes;

/// <summary>Takes bytes as they come from a stream; called by one thread at a time, must not block.</summary>
public delegate void ByteSink(ReadOnlySpan<byte> bytes);

/// <summary>How to start a child.</summary>
public sealed record ChildStart
{
    /// <summary>What to start.</summary>
    public required ProcessDefinition Definition { get; init; }

    /// <summary>The id of this node, put into the child's environment.</summary>
    public required string NodeId { get; init; }

    /// <summary>Further variables, which win over the definition's.</summary>
    public IReadOnlyDictionary<string, string>? ExtraEnvironment { get; init; }

    /// <summary>Arguments instead of the definition's (a self-check), or null.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>Takes standard error. An exception in it is swallowed.</summary>
    public required ByteSink Stderr { get; init; }

    /// <summary>Takes standard output of a server that speaks HTTP; null where <see cref="ChildProcess.Stdout"/> is read.</summary>
    public ByteSink? Stdout { get; init; }

    /// <summary>The clock of the waits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>
/// A process that this node started as the leader of its own session and group (pid = group = session). Its streams
/// are the node's ends of socket pairs: waiting on them parks no thread.
/// </summary>
/// <remarks>
/// <code>
/// Start -> running -> StopAsync: input closed -> grace -> SIGTERM (+ SIGCONT) -> grace -> SIGKILL -> clean-up
///             |
///             +-> ends by itself: Exited completes -> CleanUpAsync (group, session and marked leftovers are killed)
/// </code>
/// The owner calls <see cref="StopAsync"/>, <see cref="CleanUpAsync"/> or disposes it, always: that frees three descriptors.
/// </remarks>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Socket _stdinSocket;
    private readonly Socket _stdoutSocket;
    private readonly NetworkStream _stdin;
    private readonly NetworkStream _stdout;
    private readonly NetworkStream _stderr;
    private readonly TaskCompletionSource<ExitInfo> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _pumps;
    private bool _collected;
    private long _exitTicks = long.MaxValue;

    private ChildProcess(ChildStart start, Guid instance, (int Pid, Socket Stdin, Socket Stdout, Socket Stderr) spawned)
    {
        _time = start.Time;
        Instance = instance;
        Pid = spawned.Pid;

        // The child cannot have been collected yet, even if it has ended: its row is still there.
        StartTimeTicks = ProcFs.ReadProcess(Pid)?.StartTicks ?? 0;
        _stdinSocket = spawned.Stdin;
        _stdoutSocket = spawned.Stdout;
        _stdin = new NetworkStream(spawned.Stdin, ownsSocket: true);
        _stdout = new NetworkStream(spawned.Stdout, ownsSocket: true);
        _stderr = new NetworkStream(spawned.Stderr, ownsSocket: true);
        StderrClosed = PumpAsync(_stderr, start.Stderr);
        _pumps = start.Stdout is null ? StderrClosed : Task.WhenAll(StderrClosed, PumpAsync(_stdout, start.Stdout));
        ChildReaper.Watch(Pid, Check);
    }

    /// <summary>Its process id, and the id of its group and of its session.</summary>
    public int Pid { get; }

    /// <summary>When it started, in clock ticks since boot; with the pid it names the process for good.</summary>
    public long StartTimeTicks { get; }

    /// <summary>The mark of this start in the environment of it and of its descendants.</summary>
    public Guid Instance { get; }

    /// <summary>Its standard input; unbuffered. A write fails with an IOException when the child has closed its end.</summary>
    public Stream Stdin => _stdin;

    /// <summary>Its standard output; unbuffered. Not to be read where <see cref="ChildStart.Stdout"/> takes it.</summary>
    public Stream Stdout => _stdout;

    /// <summary>
    /// Completes within milliseconds of the end of the main process, whoever still holds its streams; never fails.
    /// Bytes that it wrote before may still be on their way: see <see cref="DrainAsync"/>.
    /// </summary>
    public Task<ExitInfo> Exited => _exited.Task;

    /// <summary>Completes when standard error has ended, or was given up by a stop; never fails.</summary>
    public Task StderrClosed { get; }

    /// <summary>Starts the process.</summary>
    /// <exception cref="ProcessStartException">It could not be started; the refusal says why, and nothing is left.</exception>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The new object owns the sockets.")]
    public static ChildProcess Start(ChildStart start)
    {
        var definition = start.Definition;
        var instance = Guid.NewGuid();
        var workingDirectory = Path.GetFullPath(definition.WorkingDirectory);
        if (!OperatingSystem.IsLinux())
        {
            throw new ProcessStartException(CommandResolver.Resolve(definition.Command, workingDirectory, null).Refusal!);
        }

        var environment = ChildEnvironment.Build(definition, start.NodeId, instance, start.ExtraEnvironment);
        var path = environment.FirstOrDefault(e => e.Key == "PATH").Value;
        var (found, refusal) = CommandResolver.Resolve(definition.Command, workingDirectory, path);
        if (found is null)
        {
            throw new ProcessStartException(refusal!);
        }

        ChildReaper.EnsureRunning();

        // argv[0] stays as it was written, as a shell does it; busybox and others look at it.
        string[] argv = [definition.Command, .. start.Arguments ?? definition.Args];
        return new ChildProcess(start, instance, Spawner.Start(found.Path, argv, environment, workingDirectory));
    }

    /// <summary>
    /// Waits until standard error (and a pumped standard output) has been read to its end, at most
    /// <paramref name="bound"/>: a grandchild may hold it open for ever. To be called after the exit, before the last
    /// lines are quoted.
    /// </summary>
    /// <returns>True when everything was read.</returns>
    public async Task<bool> DrainAsync(TimeSpan bound)
    {
        try
        {
            await _pumps.WaitAsync(bound, _time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>An upper bound of the bytes that the child has not read from its input; 0 when all is read, null when it is closed.</summary>
    public long? UnreadInput()
    {
        try
        {
            return Native.Ioctl(_stdinSocket.SafeHandle, Native.UnsentBytes, out var value) == 0 ? value : null;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Bytes that the child wrote to its output and nobody has read; null when it is closed.</summary>
    public long? UnreadOutput()
    {
        try
        {
            return _stdoutSocket.Available;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            return null;
        }
    }

    /// <summary>Stops it at once and frees everything.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);

    /// <summary>Collects the process when it has ended. Under the gate, so that no signal meets a re-used number.</summary>
    private unsafe void Check()
    {
        ExitInfo? info = null;
        lock (_gate)
        {
            if (_collected)
            {
                return;
            }

            int status;
            var result = Native.WaitPid(Pid, &status, Native.WaitNoHang);
            if (result == Pid)
            {
                info = ExitInfo.FromWaitStatus(status);
            }
            else if (result < 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Native.Echild)
            {
                // The node was started with SIGCHLD ignored, and the kernel threw the status away.
                info = ExitInfo.Unknown;
            }

            if (info is null)
            {
                return;
            }

            _exitTicks = ProcFs.NowTicks();
            _collected = true;
        }

        ChildReaper.Forget(Pid);
        _exited.TrySetResult(info);
    }

    private static async Task PumpAsync(NetworkStream stream, ByteSink sink)
    {
        try
        {
            while (true)
            {
                // Wait without a buffer: a thousand quiet servers hold none.
                await stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
                var buffer = ArrayPool<byte>.Shared.Rent(8 * 1024);
                try
                {
                    var read = await stream.ReadAsync(buffer).ConfigureAwait(false);
                    if (read == 0)
                    {
                        return;
                    }

                    try
                    {
                        sink(buffer.AsSpan(0, read));
                    }
                    catch (Exception)
                    {
                        // A sink that fails must not leave the child blocked on a full pipe.
                    }
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The stop closed the stream, or the child reset it: the same end.
        }
    }
}
