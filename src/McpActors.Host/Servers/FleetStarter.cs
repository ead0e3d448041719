using McpActors.Actors.Serialization;
using McpActors.Actors.Servers;
using McpActors.Actors.Servers.Processes;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace McpActors.Host.Servers;

/// <summary>Set once the fleet has taken this node's declaration.</summary>
internal sealed class FleetStarted
{
    private volatile bool _set;

    /// <summary>True from then on.</summary>
    public bool IsSet => _set;

    /// <summary>It has.</summary>
    public void Set() => _set = true;
}

/// <summary>
/// Once HTTP listens: declares this node's servers to the fleet, tells the person at the console where to look, and
/// what became of the start.
/// </summary>
internal sealed class FleetStarter(
    LocalServers local,
    IFleet fleet,
    FleetStarted started,
    IServer http,
    DataDirectory folder,
    IHostApplicationLifetime life,
    TimeProvider time,
    ILogger<FleetStarter> log) : BackgroundService
{
    private static readonly TimeSpan s_offerAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RunAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The node leaves, or could not start at all: the host would call this a failure where it never came up.
        }
        catch (Exception e)
        {
            log.LogError(e, "The fleet could not be started; the node stops.");
            throw;
        }
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        await ListeningAsync(stoppingToken).ConfigureAwait(false);
        var url = http.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "";
        log.LogInformation("McpActors {Version} listens at {Url} with its data in {Data}",
            typeof(FleetStarter).Assembly.GetName().Version?.ToString(3), url, folder.Path);
        foreach (var diagnostic in local.Declaration.Diagnostics)
        {
            log.Log(diagnostic.Severity == DiagnosticSeverity.Error ? LogLevel.Error
                : diagnostic.Severity == DiagnosticSeverity.Warning ? LogLevel.Warning : LogLevel.Information, "{Diagnostic}", diagnostic.ToString());
        }

        var begin = time.GetTimestamp();
        var accepted = await DeclareAsync(stoppingToken).ConfigureAwait(false);
        started.Set();
        log.LogInformation("{Count} servers are declared; {Changes} of them new or changed since the last start.", accepted.Servers, accepted.Changes);
        log.LogInformation("Look here: {Url}/api/v1/servers, {Url2}/metrics, or: mcpactors{Node} servers list", url, url,
            url == NodeCommandLine.DefaultUrl ? "" : " --node " + url);
        await TellOutcomeAsync(begin, stoppingToken).ConfigureAwait(false);
        await GiveBackAsync(stoppingToken).ConfigureAwait(false);
    }

    // A start leaves garbage behind that an idle node, which allocates next to nothing, would keep for hours.
    private async Task GiveBackAsync(CancellationToken stop)
    {
        await Task.Delay(s_settle, time, stop).ConfigureAwait(false);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    // A refusal is a journal that cannot be written, now: the node keeps offering until it can.
    private async Task<FleetProtocol.Accepted> DeclareAsync(CancellationToken stop)
    {
        List<DeclaredServer> servers = [.. local.Declaration.Servers.Select(DeclaredServer.From)];
        while (true)
        {
            switch (await fleet.DeclareAsync(servers, stop).ConfigureAwait(false))
            {
                case FleetProtocol.Accepted accepted:
                    return accepted;
                case FleetProtocol.Refused refused:
                    log.LogError("The fleet did not take this node's servers: {Reason} It is tried again in {Seconds:0} s.", refused.Reason, s_offerAgain.TotalSeconds);
                    await Task.Delay(s_offerAgain, time, stop).ConfigureAwait(false);
                    break;
            }
        }
    }

    private async Task ListeningAsync(CancellationToken stop)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var started = life.ApplicationStarted.Register(() => listening.TrySetResult());
        await listening.Task.WaitAsync(stop).ConfigureAwait(false);
    }

    private async Task TellOutcomeAsync(long begin, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250), time);
        while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
        {
            IReadOnlyList<ServerProtocol.ServerStatus> states;
            try
            {
                states = await fleet.ListAllAsync(stop).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                continue;
            }

            var late = time.GetElapsedTime(begin) > s_patience;
            var open = states.Count(s => s.State is ServerState.Unknown or ServerState.Starting);
            if (open > 0 && !late)
            {
                continue;
            }

            var healthy = states.Count(s => s.State == ServerState.Healthy);
            log.LogInformation("{Healthy} of {All} servers are healthy {Seconds:0.0} s after the start.",
                healthy, states.Count, time.GetElapsedTime(begin).TotalSeconds);
            foreach (var server in states.Where(s => s.State is not (ServerState.Healthy or ServerState.Stopped)))
            {
                log.LogWarning("{Name} is {State}. {Cause} {NextAction}", server.Name, Wire.Name(server.State), server.Cause, server.NextAction);
            }

            return;
        }
    }
}
