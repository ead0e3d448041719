using Akka.Actor;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Microsoft.Extensions.Logging;

namespace McpActors.Actors.Servers.Connections;

/// <summary>
/// Owns one server's process or HTTP session: opens it, sees it end, and opens it again as <see cref="RestartDecider"/> says.
/// <code>
///   Opening --Opened--> Open --Ended / Restart--> Closing --Closed--> Waiting --delay--> Opening
///      +-----OpenFailed--------------------------------------------------^
///   any --Stop--> Stopping --Closed--> (stops)
/// </code>
/// Every asynchronous result carries the epoch of the attempt that it belongs to; a stale one is closed and forgotten.
/// </summary>
internal sealed class ConnectionActor : ReceiveActor, IWithTimers
{
    private readonly ServerDefinition _definition;
    private readonly IConnector _connector;
    private readonly NodeLife _life;
    private readonly TimeProvider _time;
    private readonly ConnectionRemains _remains;
    private readonly ILogger _log;
    private readonly bool _remote;
    private readonly RestartSettings _settings;
    private RestartHistory _history = RestartHistory.Empty;
    private CancellationTokenSource? _opening;
    private Task<OpenResult>? _attempt;
    private Task _ending = Task.CompletedTask;
    private IOpenServer? _open;
    private DateTimeOffset _openSince;
    private string? _revision;
    private TimeSpan _next;
    private int _epoch;
    private int _closing;
    private bool _stopping;

    public ConnectionActor(
        ServerDefinition definition, IConnector connector, NodeLife life, TimeProvider time, ConnectionRemains remains, ILogger log)
    {
        _remains = remains;
        _log = log;
        _definition = definition;
        _connector = connector;
        _life = life;
        _time = time;
        _remote = definition.Process is null;

        // Nothing is started for a remote server, so nothing can be started too often: it is retried at the pace of probes.
        _settings = !_remote ? definition.Settings.Restart : definition.Settings.Restart with
        {
            Budget = 1000,
            InitialDelay = TimeSpan.FromSeconds(1),
            MaxDelay = definition.Settings.Probe.Interval < HealthDecider.BadStateInterval ? definition.Settings.Probe.Interval : HealthDecider.BadStateInterval,
        };

        Receive<Retry>(retry => If(retry.Epoch, Open));
        Receive<Launched>(launched => If(launched.Epoch, () => Context.Parent.Tell(new ConnectionEvent.Launched(launched.Process))));
        Receive<OpenDone>(OnOpenDone);
        Receive<Ended>(ended => If(ended.Epoch, () => OnEnded(FailureKind.ConnectionLost, ended.Why)));
        Receive<Restart>(restart => OnRestart(restart.Why));
        Receive<Closed>(OnClosed);
        Receive<Stop>(_ => OnStop());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Open();

    protected override void PostStop()
    {
        // The way here without Stop is a failure of this actor: the process must not outlive its owner, and who replaces
        // this actor must know when it has ended.
        _opening?.Cancel();
        _remains.Gone = Task.WhenAll(_ending, CloseOpenedAsync(_attempt), _open?.CloseAsync() ?? Task.CompletedTask);
    }

    // An attempt that was called off may have succeeded all the same, and nobody receives its result any more.
    private static async Task CloseOpenedAsync(Task<OpenResult>? attempt)
    {
        if (attempt is not null && await attempt.ConfigureAwait(false) is OpenResult.Opened opened)
        {
            await opened.Server.CloseAsync().ConfigureAwait(false);
        }
    }

    private void If(int epoch, Action action)
    {
        if (epoch == _epoch && !_stopping)
        {
            action();
        }
    }

    private void Open()
    {
        if (_life.Stopping)
        {
            return;
        }

        var epoch = ++_epoch;
        var self = Self;
        _opening = new CancellationTokenSource();
        Context.Parent.Tell(new ConnectionEvent.Launching(_history.Restarts));
        _attempt = AttemptAsync(process => self.Tell(new Launched(epoch, process)), _opening.Token);
        _attempt.PipeTo(self, success: result => new OpenDone(epoch, result),
                failure: e => new OpenDone(epoch, new OpenResult.Failed(FailureKind.Other, e.GetType().Name + " while it was being opened.")));
    }

    // A connector that throws instead of answering, at once or later, is one failed attempt and no failure of this actor.
    private async Task<OpenResult> AttemptAsync(Action<LaunchedProcess> launched, CancellationToken cancellationToken) =>
        await _connector.OpenAsync(_definition, _revision, launched, cancellationToken).ConfigureAwait(false);

    private void OnOpenDone(OpenDone done)
    {
        _attempt = null;
        if (done.Epoch != _epoch || _stopping)
        {
            if (done.Result is OpenResult.Opened stale)
            {
                Close(stale.Server, done.Epoch);
            }
            else if (_stopping)
            {
                FinishWhenClosed();
            }

            return;
        }

        _opening?.Dispose();
        _opening = null;
        switch (done.Result)
        {
            case OpenResult.Opened opened:
                _open = opened.Server;
                _openSince = _time.GetUtcNow();
                _revision = opened.Server.Session.ProtocolVersion;
                Context.Parent.Tell(new ConnectionEvent.Connected(opened.Server));
                opened.Server.Ended.PipeTo(Self, success: why => new Ended(done.Epoch, why));
                break;
            case OpenResult.Failed failed:
                // What was remembered may be what failed (a server that was exchanged behind its address).
                _revision = null;
                Plan(failed.Kind, failed.Detail, TimeSpan.Zero, closing: false);
                break;
        }
    }

    private void OnEnded(FailureKind kind, string why)
    {
        if (_open is not { } server)
        {
            return;
        }

        _open = null;
        var upFor = _time.GetUtcNow() - _openSince;
        Plan(kind, why, upFor, closing: true);
        Close(server, _epoch);
    }

    private void OnRestart(string why)
    {
        if (_stopping || _open is null)
        {
            return;
        }

        _log.LogWarning("{Name} is restarted. {Why}", _definition.Name, why);
        OnEnded(FailureKind.Timeout, why);
    }

    private void Plan(FailureKind kind, string detail, TimeSpan upFor, bool closing)
    {
        var (history, step) = RestartDecider.Failed(_history, _settings, upFor, _time.GetUtcNow(), Random.Shared.NextDouble());
        _history = history;
        if (_life.Stopping)
        {
            return;
        }

        Context.Parent.Tell(new ConnectionEvent.Failed(kind, detail, step, _remote, history.Restarts));
        _next = step.After;
        if (!closing)
        {
            Timers.StartSingleTimer(Retry.Key, new Retry(_epoch), step.After);
        }
    }

    private void Close(IOpenServer server, int epoch)
    {
        _closing++;
        var close = server.CloseAsync();
        _ending = _ending.IsCompleted ? close : Task.WhenAll(_ending, close);
        close.PipeTo(Self, success: () => new Closed(epoch), failure: _ => new Closed(epoch));
    }

    private void OnClosed(Closed closed)
    {
        _closing--;
        if (_stopping)
        {
            FinishWhenClosed();
        }
        else if (closed.Epoch == _epoch && _open is null)
        {
            Timers.StartSingleTimer(Retry.Key, new Retry(_epoch), _next);
        }
    }

    private void OnStop()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        Timers.CancelAll();
        if (_open is { } server)
        {
            _open = null;
            Close(server, _epoch);
        }
        else if (_opening is { } opening)
        {
            // The attempt ends by itself, having cleaned up; OnOpenDone finishes.
            opening.Cancel();
        }
        else
        {
            FinishWhenClosed();
        }
    }

    private void FinishWhenClosed()
    {
        if (_closing == 0)
        {
            Context.Stop(Self);
        }
    }

    /// <summary>Stop for good: close, then stop this actor.</summary>
    internal sealed class Stop
    {
        public static Stop Instance { get; } = new();
    }

    /// <summary>Drop the connection and make a new one.</summary>
    internal sealed record Restart(string Why);

    private sealed record Retry(int Epoch)
    {
        public const string Key = "retry";
    }

    private sealed record Launched(int Epoch, LaunchedProcess Process);

    private sealed record OpenDone(int Epoch, OpenResult Result);

    private sealed record Ended(int Epoch, string Why);

    private sealed record Closed(int Epoch);
}

/// <summary>
/// What a connection's actor left to end when it failed. It is written in the last moment of that actor and read by its
/// parent after its termination.
/// </summary>
internal sealed class ConnectionRemains
{
    /// <summary>Completes, or fails, when nothing of the connection is left.</summary>
    public Task Gone { get; set; } = Task.CompletedTask;
}

/// <summary>What a connection tells the server's actor. Local: a session never leaves its node.</summary>
internal abstract record ConnectionEvent
{
    private ConnectionEvent()
    {
    }

    public sealed record Launching(int Attempt) : ConnectionEvent;

    public sealed record Launched(LaunchedProcess Process) : ConnectionEvent;

    public sealed record Connected(IOpenServer Server) : ConnectionEvent;

    public sealed record Failed(FailureKind Kind, string Detail, RestartStep Next, bool Reconnect, int Restarts) : ConnectionEvent;
}
