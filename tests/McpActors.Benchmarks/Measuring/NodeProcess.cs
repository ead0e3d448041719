using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace McpActors.Benchmarks.Measuring;

/// <summary>A server as the node's list shows it.</summary>
internal sealed record ServerRow(string Name, string State, int? Pid, double? LatencyMs);

/// <summary>A program of ours on a port of its own, measured from outside: the node, or the empty app beside it.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _folder;
    private readonly Queue<string> _lastLines = new();

    private NodeProcess(Process process, string folder, Uri address, long startedAt)
    {
        _process = process;
        _folder = folder;
        Address = address;
        StartedAt = startedAt;
        Http = NewClient();
        process.OutputDataReceived += (_, line) => Remember(line.Data);
        process.ErrorDataReceived += (_, line) => Remember(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its process.</summary>
    public int Pid => _process.Id;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>The stopwatch's reading just before its process was started.</summary>
    public long StartedAt { get; }

    /// <summary>Speaks to it.</summary>
    public HttpClient Http { get; private set; }

    /// <summary>Starts a node on a fleet in a fresh folder.</summary>
    /// <param name="dll">The node's assembly.</param>
    /// <param name="fleet">The text of its .mcp.json.</param>
    /// <param name="side">The text of its mcpactors.json, or null for none.</param>
    public static NodeProcess StartNode(string dll, string fleet, string? side = null)
    {
        var folder = Directory.CreateTempSubdirectory("mcpactors-bench-").FullName;
        var config = Path.Combine(folder, ".mcp.json");
        File.WriteAllText(config, fleet);
        if (side is not null)
        {
            File.WriteAllText(Path.Combine(folder, "mcpactors.json"), side);
        }

        var url = FreeAddress();
        return Start([dll, "--config", config, "--data", Path.Combine(folder, "data"), "--urls", url], folder, url);
    }

    /// <summary>Starts an app that does nothing, with the node's runtime settings.</summary>
    public static NodeProcess StartEmptyApp()
    {
        var folder = Directory.CreateTempSubdirectory("mcpactors-bench-").FullName;
        var url = FreeAddress();
        return Start([typeof(NodeProcess).Assembly.Location, EmptyApp.Switch, url], folder, url);
    }

    /// <summary>Waits until it answers at a path; gives the time since its process was started.</summary>
    /// <exception cref="TimeoutException">It did not within the limit.</exception>
    public async Task<TimeSpan> UntilAnswersAsync(string path, TimeSpan limit)
    {
        while (true)
        {
            try
            {
                using var response = await Http.GetAsync(new Uri(path, UriKind.Relative)).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    return Stopwatch.GetElapsedTime(StartedAt);
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await PauseAsync(limit, 10).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until so many servers are healthy; gives the time since the node's process was started.</summary>
    /// <exception cref="TimeoutException">They were not within the limit.</exception>
    public async Task<TimeSpan> UntilHealthyAsync(int count, TimeSpan limit)
    {
        var pause = Math.Clamp(count / 5, 10, 100);
        while (true)
        {
            try
            {
                var servers = await ServersAsync().ConfigureAwait(false);
                if (servers.Count == count && servers.All(s => s.State == "healthy"))
                {
                    return Stopwatch.GetElapsedTime(StartedAt);
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet, or its fleet is only just starting.
            }

            await PauseAsync(limit, pause).ConfigureAwait(false);
        }
    }

    /// <summary>The whole list, all pages.</summary>
    public async Task<List<ServerRow>> ServersAsync()
    {
        var rows = new List<ServerRow>();
        string? cursor = null;
        do
        {
            var path = new Uri("api/v1/servers?limit=200" + (cursor is null ? "" : "&cursor=" + cursor), UriKind.Relative);
            using var page = JsonDocument.Parse(await Http.GetStringAsync(path).ConfigureAwait(false));
            rows.AddRange(page.RootElement.GetProperty("items").EnumerateArray().Select(Row));
            cursor = page.RootElement.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }
        while (cursor is not null);
        return rows;
    }

    /// <summary>One server.</summary>
    public async Task<ServerRow> ServerAsync(string name)
    {
        using var body = await JsonAsync($"api/v1/servers/{name}").ConfigureAwait(false);
        return Row(body.RootElement);
    }

    /// <summary>A JSON body; the caller disposes it.</summary>
    public async Task<JsonDocument> JsonAsync(string path) =>
        JsonDocument.Parse(await Http.GetStringAsync(new Uri(path, UriKind.Relative)).ConfigureAwait(false));

    /// <summary>Closes our connections, so that an idle node is idle.</summary>
    public void HangUp()
    {
        Http.Dispose();
        Http = NewClient();
    }

    /// <summary>Stops it in order and gives how long that took; it is killed, with all its children, when it does not stop.</summary>
    public async Task<TimeSpan> StopAsync()
    {
        var start = Stopwatch.GetTimestamp();
        var children = _process.HasExited ? [] : ProcReadings.Children(Pid);
        Signals.Send(_process.HasExited ? 0 : Pid, Signals.Terminate);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(s_stopLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Signals.Send(Pid, Signals.Kill);
            foreach (var child in children)
            {
                Signals.Send(child, Signals.Kill);
            }
        }

        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Stops it and removes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        Http.Dispose();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static NodeProcess Start(IEnumerable<string> args, string folder, string url)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", args)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var at = Stopwatch.GetTimestamp();
        return new NodeProcess(Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start."), folder, new Uri(url), at);
    }

    private static ServerRow Row(JsonElement server) => new(
        server.GetProperty("name").GetString()!,
        server.GetProperty("state").GetString()!,
        server.TryGetProperty("pid", out var pid) && pid.ValueKind == JsonValueKind.Number ? pid.GetInt32() : null,
        server.TryGetProperty("latencyMs", out var latency) && latency.ValueKind == JsonValueKind.Number ? latency.GetDouble() : null);

    private static string FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    private HttpClient NewClient() => new() { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };

    private async Task PauseAsync(TimeSpan limit, int milliseconds)
    {
        if (_process.HasExited || Stopwatch.GetElapsedTime(StartedAt) > limit)
        {
            string last;
            lock (_lastLines)
            {
                last = string.Join('\n', _lastLines);
            }

            throw new TimeoutException($"The program under measurement is not where it should be after {limit.TotalSeconds:0} s. Its last lines:\n{last}");
        }

        await Task.Delay(milliseconds).ConfigureAwait(false);
    }

    private void Remember(string? line)
    {
        if (line is not null)
        {
            lock (_lastLines)
            {
                _lastLines.Enqueue(line);
                if (_lastLines.Count > 20)
                {
                    _lastLines.Dequeue();
                }
            }
        }
    }
}
