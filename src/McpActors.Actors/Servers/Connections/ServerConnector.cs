using System.Text.Json;
using McpActors.Actors.Servers.Processes;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpActors.Actors.Servers.Connections;

/// <summary>
/// Opens connections for real: starts the process (at most a few at once, see <see cref="StartGate"/>), records it in
/// the ledger, and shakes hands in whichever era the server speaks.
/// </summary>
internal sealed class ServerConnector(ProcessHost processes, ServerLogs logs, StartGate gate, SharedHttp http, TimeProvider time) : IConnector
{
    private static readonly TimeSpan s_discoverLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_httpAttempt = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_remoteLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_exitPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_listenPause = TimeSpan.FromMilliseconds(150);

    public async Task<OpenResult> OpenAsync(
        ServerDefinition definition, string? revision, Action<LaunchedProcess> launched, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(definition, cancellationToken).ConfigureAwait(false);
        if (cancellationToken.IsCancellationRequested || turn is null)
        {
            return new OpenResult.Failed(FailureKind.Other, "The start was called off.");
        }

        while (true)
        {
            var (result, refused) = await OpenOnceAsync(definition, revision, launched, cancellationToken).ConfigureAwait(false);
            if (!refused || ProtocolRevisions.After(revision) is not { } older)
            {
                return result;
            }

            // On stdio the first message picks the era: after server/discover some servers refuse initialize for good, and
            // some answer what they do not know with an empty result, which is no discovery.
            logs.For(definition).Note($"refused the handshake; it is asked anew, for revision {older}");
            revision = older;
        }
    }

    private async Task<(OpenResult Result, bool Refused)> OpenOnceAsync(
        ServerDefinition definition, string? revision, Action<LaunchedProcess> launched, CancellationToken cancellationToken)
    {
        var attempt = new Attempt(definition, SecretScrubber.For(definition));
        var start = time.GetTimestamp();
        try
        {
            if (definition.Process is not null)
            {
                await processes.EndEarlierAsync(definition.Name, definition.Settings.Restart.StopGrace).ConfigureAwait(false);
                attempt.Child = processes.Start(definition, logs.For(definition));
                launched(attempt.Child.Launched);
            }

            var session = definition.Transport == ServerTransport.Stdio
                ? await OpenStdioAsync(attempt, revision, cancellationToken).ConfigureAwait(false)
                : await OpenHttpAsync(attempt, revision, cancellationToken).ConfigureAwait(false);
            logs.For(definition).Note($"answered the handshake after {HealthDecider.Text(time.GetElapsedTime(start))}, revision {session.ProtocolVersion}");
            return (new OpenResult.Opened(new OpenServer(session, attempt.Child, attempt.Filter, definition.Settings.Restart.StopGrace)), false);
        }
        catch (Exception e)
        {
            var failed = await ExplainAsync(attempt, e, time.GetElapsedTime(start)).ConfigureAwait(false);
            var refused = e is McpException or JsonException && attempt.Child?.Process.Exited.IsCompleted != true && !cancellationToken.IsCancellationRequested;
            await attempt.CleanUpAsync(definition.Settings.Restart.StopGrace).ConfigureAwait(false);
            return (failed, refused);
        }
    }

    // Only what starts a process takes a turn; a remote server costs this machine next to nothing.
    private async Task<IDisposable?> TurnAsync(ServerDefinition definition, CancellationToken cancellationToken)
    {
        try
        {
            return definition.Process is null ? NoTurn.Instance : await gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<ServerSession> OpenStdioAsync(Attempt attempt, string? revision, CancellationToken cancellationToken)
    {
        var child = attempt.Child!;
        var limit = attempt.Definition.Settings.Restart.StartTimeout;
        using var deadline = new CancellationTokenSource(limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        attempt.Filter = child.ReadLines(attempt.Scrub, attempt.Cut);
        var transport = new StreamClientTransport(child.Process.Stdin, attempt.Filter, NullLoggerFactory.Instance);
        var client = McpClient.CreateAsync(transport, Options(revision, limit), NullLoggerFactory.Instance, stop.Token);
        try
        {
            var first = await Task.WhenAny(client, child.Process.Exited, attempt.Failed).WaitAsync(stop.Token).ConfigureAwait(false);
            if (first != client)
            {
                throw first == attempt.Failed ? await attempt.Failed.ConfigureAwait(false) : new ExitedException();
            }

            return attempt.Session = new ServerSession(await client.ConfigureAwait(false), null, time, attempt.Scrub);
        }
        catch
        {
            Observe(client);
            throw;
        }
    }

    private async Task<ServerSession> OpenHttpAsync(Attempt attempt, string? revision, CancellationToken cancellationToken)
    {
        // A server that the node has just started needs a while until it listens; a remote one is there or it is not.
        var limit = attempt.Child is null ? s_remoteLimit : attempt.Definition.Settings.Restart.StartTimeout;
        using var deadline = new CancellationTokenSource(limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        while (true)
        {
            var client = ConnectHttpAsync(attempt, revision, stop.Token);
            var exited = attempt.Child?.Process.Exited;
            if (exited is not null && await Task.WhenAny(client, exited).ConfigureAwait(false) == exited)
            {
                Observe(client);
                throw new ExitedException();
            }

            try
            {
                return new ServerSession(await client.ConfigureAwait(false), attempt.Watch, time, attempt.Scrub);
            }
            catch (Exception e) when (attempt.Child is not null && !stop.IsCancellationRequested)
            {
                var (kind, _) = FailureClassifier.Classify(e, attempt.Watch, s_httpAttempt);
                if (kind is not (FailureKind.Refused or FailureKind.ConnectionLost or FailureKind.GatewayError))
                {
                    throw;
                }

                await Task.Delay(s_listenPause, time, stop.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task<McpClient> ConnectHttpAsync(Attempt attempt, string? revision, CancellationToken cancellationToken)
    {
        var definition = attempt.Definition;
        attempt.Watch = new HttpWatch(http.Handler);
        var client = new HttpClient(attempt.Watch, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        var options = new HttpClientTransportOptions
        {
            Endpoint = new Uri(definition.Url!),
            Name = definition.Name,
            TransportMode = definition.Transport == ServerTransport.Sse ? HttpTransportMode.Sse : HttpTransportMode.StreamableHttp,
            ConnectionTimeout = s_httpAttempt,
            EnableStandaloneGetStream = false,
            MaxReconnectionAttempts = 0,
            AdditionalHeaders = HttpHeaders.For(definition),
        };
        var transport = new HttpClientTransport(options, client, NullLoggerFactory.Instance, ownsHttpClient: true);
        try
        {
            return await McpClient.CreateAsync(transport, Options(revision, s_httpAttempt), NullLoggerFactory.Instance, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static McpClientOptions Options(string? revision, TimeSpan limit) => new()
    {
        ClientInfo = new Implementation { Name = "mcpactors", Version = typeof(ServerConnector).Assembly.GetName().Version?.ToString(3) ?? "0" },

        // Null probes server/discover first and falls back to initialize. A server that was just seen to begin with
        // initialize is not asked again: some wait out the probe, some refuse initialize after it.
        ProtocolVersion = revision is not null && ServerSession.EraOf(revision) == ServerSession.InitializeEra ? revision : null,
        InitializationTimeout = limit,
        DiscoverProbeTimeout = s_discoverLimit < limit ? s_discoverLimit : limit / 2,
    };

    private async Task<OpenResult.Failed> ExplainAsync(Attempt attempt, Exception error, TimeSpan after)
    {
        if (error is ProcessStartException refused)
        {
            return new OpenResult.Failed(FailureKind.NotStarted, attempt.Scrub.Scrub(refused.Refusal.Words));
        }

        var settings = attempt.Definition.Settings.Restart;
        if (attempt.Child is { } child)
        {
            if (error is not (FailedException or OperationCanceledException or TimeoutException))
            {
                // Standard output usually ends a moment before the process does; the exit is the better story.
                await Task.WhenAny(child.Process.Exited, Task.Delay(s_exitPause, time)).ConfigureAwait(false);
            }

            if (child.Process.Exited.IsCompleted)
            {
                var exit = await child.Process.Exited.ConfigureAwait(false);
                await child.Process.DrainAsync(TimeSpan.FromMilliseconds(300)).ConfigureAwait(false);
                return new OpenResult.Failed(FailureKind.ConnectionLost,
                    $"It {exit.Words} {HealthDecider.Text(after)} after its start, before it answered.{child.LastLines()}");
            }

            if (error is FailedException failed)
            {
                return new OpenResult.Failed(failed.Kind, failed.Message + child.LastLines());
            }

            if (error is OperationCanceledException or TimeoutException && attempt.Watch?.LastStatus is null)
            {
                var garbage = attempt.Filter?.GarbageLines is > 0 and var lines
                    ? $" It wrote {lines} lines on standard output that are not JSON-RPC."
                    : "";
                return new OpenResult.Failed(garbage.Length > 0 ? FailureKind.DeadProtocol : FailureKind.Timeout,
                    $"It runs, but did not answer the handshake within {HealthDecider.Text(settings.StartTimeout)}.{garbage}{child.LastLines()}");
            }
        }

        var (kind, words) = FailureClassifier.Classify(error, attempt.Watch, attempt.Child is null ? s_httpAttempt : settings.StartTimeout);
        return new OpenResult.Failed(kind, attempt.Scrub.Scrub(words) + (attempt.Child?.LastLines() ?? ""));
    }

    // What loses the race ends by itself; its error was already told by what won.
    private static void Observe(Task<McpClient> client) => _ = client.ContinueWith(
        async t =>
        {
            if (t.IsCompletedSuccessfully)
            {
                await (await t.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                _ = t.Exception;
            }
        },
        TaskScheduler.Default);

    private sealed class Attempt(ServerDefinition definition, SecretScrubber scrub)
    {
        private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ServerDefinition Definition { get; } = definition;

        public SecretScrubber Scrub { get; } = scrub;

        public HostedProcess? Child { get; set; }

        public StdoutFilter? Filter { get; set; }

        public HttpWatch? Watch { get; set; }

        public Task<Exception> Failed => _failed.Task;

        public ServerSession? Session { get; set; }

        // Called by the reader of standard output, during the handshake and ever after.
        public void Cut(string words)
        {
            _failed.TrySetResult(new FailedException(FailureKind.Oversized, words));
            Session?.Cut(words);
        }

        public async Task CleanUpAsync(TimeSpan grace)
        {
            if (Child is not null)
            {
                await Child.StopAsync(grace).ConfigureAwait(false);
            }

            if (Filter is not null)
            {
                await Filter.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private sealed class ExitedException : Exception;

    private sealed class FailedException(FailureKind kind, string words) : Exception(words)
    {
        public FailureKind Kind { get; } = kind;
    }

    private sealed class NoTurn : IDisposable
    {
        public static NoTurn Instance { get; } = new();

        public void Dispose()
        {
        }
    }
}
