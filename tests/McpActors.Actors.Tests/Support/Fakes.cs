using System.Collections.Concurrent;
using McpActors.Actors.Monitoring;
using McpActors.Actors.Servers.Connections;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;

namespace McpActors.Actors.Tests.Support;

/// <summary>A connector whose every attempt is finished by the test. It counts the connections that stand.</summary>
internal sealed class FakeConnector : IConnector
{
    private readonly ConcurrentQueue<FakeAttempt> _attempts = new();
    private int _standing;
    private int _mostStanding;

    public IReadOnlyList<FakeAttempt> Attempts => [.. _attempts];

    /// <summary>Attempts under way and connections not yet closed: more than one would be two copies of a server.</summary>
    public int MostStanding => _mostStanding;

    public int Standing => _standing;

    /// <summary>Set to answer attempts at once.</summary>
    public Func<FakeAttempt, Task>? Answer { get; set; }

    /// <summary>Set to throw instead of answering.</summary>
    public Exception? Throws { get; set; }

    public Task<OpenResult> OpenAsync(
        ServerDefinition definition, string? revision, Action<LaunchedProcess> launched, CancellationToken cancellationToken)
    {
        if (Throws is { } error)
        {
            throw error;
        }

        var attempt = new FakeAttempt(this, definition, revision, launched, cancellationToken);
        Began();
        _attempts.Enqueue(attempt);
        _ = Answer?.Invoke(attempt);
        return attempt.Result;
    }

    public void Over() => Interlocked.Decrement(ref _standing);

    private void Began()
    {
        var now = Interlocked.Increment(ref _standing);
        int most;
        while (now > (most = Volatile.Read(ref _mostStanding)) && Interlocked.CompareExchange(ref _mostStanding, now, most) != most)
        {
        }
    }
}

/// <summary>One attempt to open a connection.</summary>
internal sealed class FakeAttempt(
    FakeConnector owner, ServerDefinition definition, string? revision, Action<LaunchedProcess> launched, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource<OpenResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ServerDefinition Definition { get; } = definition;

    public string? Revision { get; } = revision;

    public CancellationToken Token { get; } = cancellationToken;

    public Task<OpenResult> Result => _result.Task;

    public void Launch(int pid) => launched(new LaunchedProcess(pid, DateTimeOffset.UnixEpoch, Guid.Empty.ToString("N")));

    public void Fail(FailureKind kind = FailureKind.ConnectionLost, string words = "It exited with code 1.")
    {
        owner.Over();
        _result.SetResult(new OpenResult.Failed(kind, words));
    }

    public void Open(FakeOpenServer server) => _result.SetResult(new OpenResult.Opened(server));

    /// <summary>Opens it on a scripted server; closing takes effect at once unless the test holds it.</summary>
    public async Task<FakeOpenServer> OpenAsync(ScriptedServer script, TimeProvider time, bool process = true, bool holdClosing = false)
    {
        var server = new FakeOpenServer(
            await script.ConnectAsync(time), process ? new LaunchedProcess(4711, DateTimeOffset.UnixEpoch, Guid.Empty.ToString("N")) : null, owner.Over);
        if (!holdClosing)
        {
            server.LetGo();
        }

        _result.SetResult(new OpenResult.Opened(server));
        return server;
    }
}

/// <summary>A connection whose end and whose closing the test decides.</summary>
internal sealed class FakeOpenServer(ServerSession session, LaunchedProcess? process, Action? closed = null) : IOpenServer
{
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _closings;

    /// <summary>Set to make whoever asks for the session fail.</summary>
    public Exception? SessionThrows { get; set; }

    public ServerSession Session => SessionThrows is { } error ? throw error : session;

    public LaunchedProcess? Process { get; } = process;

    public Task<string> Ended => _ended.Task;

    public long GarbageLines { get; set; }

    public long OversizedLines { get; set; }

    public ProcessSigns? Signs { get; set; }

    public int Closings => _closings;

    public ProcessSigns? ReadSigns() => Signs;

    public void End(string why) => _ended.TrySetResult(why);

    /// <summary>Lets the closing end, now or whenever it begins.</summary>
    public void LetGo() => _gone.TrySetResult();

    public async Task CloseAsync()
    {
        if (Interlocked.Increment(ref _closings) == 1)
        {
            await _gone.Task;
            closed?.Invoke();
        }
        else
        {
            await _gone.Task;
        }
    }
}

/// <summary>A sampler that shows what the test wants.</summary>
internal sealed class FakeSampler : IProcessSampler
{
    private int _samples;

    public TreeSample? Tree { get; set; } = new(50_000_000, 1.5, 4, 20, 1000, 2000, 2);

    public Exception? Throws { get; set; }

    public int Samples => _samples;

    public ConcurrentQueue<(ProcessDefinition Process, TimeSpan Limit)> Runs { get; } = new();

    public string? RunFault { get; set; }

    public TreeSample? Sample(int pid, string instance)
    {
        Interlocked.Increment(ref _samples);
        return Throws is { } error ? throw error : Tree;
    }

    public Task<string?> RunAsync(ProcessDefinition process, TimeSpan limit)
    {
        Runs.Enqueue((process, limit));
        return Task.FromResult(RunFault);
    }
}
