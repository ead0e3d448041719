using McpActors.Actors.Servers.Processes;
using McpActors.Core.Monitoring;

namespace McpActors.Actors.Servers.Connections;

/// <summary>A connected server with whatever stands behind it.</summary>
internal sealed class OpenServer : IOpenServer
{
    private readonly HostedProcess? _child;
    private readonly StdoutFilter? _filter;
    private readonly TimeSpan _grace;

    public OpenServer(ServerSession session, HostedProcess? child, StdoutFilter? filter, TimeSpan grace)
    {
        Session = session;
        _child = child;
        _filter = filter;
        _grace = grace;
        Ended = EndAsync();
    }

    public ServerSession Session { get; }

    public LaunchedProcess? Process => _child?.Launched;

    public Task<string> Ended { get; }

    public long GarbageLines => _filter?.GarbageLines ?? 0;

    public long OversizedLines => _filter?.OversizedLines ?? 0;

    public ProcessSigns? ReadSigns() => _child?.ReadSigns();

    public async Task CloseAsync()
    {
        // The farewell comes first, while the server can still hear it; the process is ended whatever becomes of it.
        await Session.DisposeAsync().ConfigureAwait(false);
        if (_child is not null)
        {
            await _child.StopAsync(_grace).ConfigureAwait(false);
        }

        if (_filter is not null)
        {
            await _filter.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<string> EndAsync()
    {
        if (_child is not { } child)
        {
            return await Session.Ended.ConfigureAwait(false);
        }

        var exited = child.Process.Exited;
        if (await Task.WhenAny(exited, Session.Ended).ConfigureAwait(false) != exited)
        {
            // Standard output usually ends a moment before the process does; the exit is the better story.
            await Task.WhenAny(exited, Task.Delay(200)).ConfigureAwait(false);
        }

        if (!exited.IsCompleted)
        {
            return await Session.Ended.ConfigureAwait(false) + " Its process still ran.";
        }

        await child.Process.DrainAsync(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
        return $"It {(await exited.ConfigureAwait(false)).Words}.{child.LastLines()}";
    }
}
