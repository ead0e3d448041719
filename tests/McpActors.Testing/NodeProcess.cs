using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace McpActors.Testing;

/// <summary>
/// The real node as a child process, on a free loopback port. Disposing it ends it and whatever it started, found by
/// the mark of its data folder, so that a failing test leaves nothing behind.
/// </summary>
public sealed partial class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(90);

    private readonly NodeFolder _folder;
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };

    private NodeProcess(NodeFolder folder, Process process)
    {
        _folder = folder;
        _process = process;
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
    }

    /// <summary>Its own pid.</summary>
    public int Pid => _process.Id;

    /// <summary>Where its API listens, such as <c>http://127.0.0.1:40123</c>.</summary>
    public string Url { get; private set; } = "";

    /// <summary>What it wrote on standard output and standard error up to now.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>The living processes that it, or an earlier run on the same data, has started.</summary>
    public IReadOnlyList<MarkedProcess> Servers => _folder.NodeId is { } id ? MarkedProcesses.Of(id) : [];

    /// <summary>Starts a node and waits until its fleet has taken its declaration.</summary>
    /// <param name="folder">Its files; saved here.</param>
    /// <param name="environment">Variables beside those of the test run.</param>
    /// <param name="args">Arguments beside <c>--config</c>, <c>--data</c> and <c>--urls</c>.</param>
    public static async Task<NodeProcess> StartAsync(
        NodeFolder folder, IReadOnlyDictionary<string, string>? environment = null, params string[] args)
    {
        string[] all = [Checkout.Host, "--config", folder.Config, "--data", folder.Data, "--urls", "http://127.0.0.1:0", .. args];
        var start = new ProcessStartInfo("dotnet", all)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder.Root,
        };
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("MCPACTORS_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var node = new NodeProcess(folder, new Process { StartInfo = start });
        node._process.Start();
        node._process.BeginOutputReadLine();
        node._process.BeginErrorReadLine();
        try
        {
            await Poll.UntilAsync(s_bound, node.FindUrl, () => "the node did not say where it listens. " + node.Output).ConfigureAwait(false);
            await Poll.UntilAsync(s_bound, node.HasStartedAsync, () => "/healthz/startup is not well. " + node.Output).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>One GET; any status is an answer.</summary>
    public async Task<(HttpStatusCode Status, string Body, string? MediaType)> GetAsync(string path, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Url + path);
        request.Headers.Host = host;
        using var response = await SendAsync(request).ConfigureAwait(false);
        return (response.StatusCode, await response.Content.ReadAsStringAsync().ConfigureAwait(false), response.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>One GET that must answer 200 with JSON. A 503 (a supervisor that is only just starting) is asked again.</summary>
    public Task<JsonNode> JsonAsync(string path)
    {
        var seen = "nothing";
        return Poll.UntilAsync(
            s_bound,
            async () =>
            {
                var (status, body, _) = await GetAsync(path).ConfigureAwait(false);
                seen = $"{(int)status} {body}";
                return status switch
                {
                    HttpStatusCode.OK => JsonNode.Parse(body),
                    HttpStatusCode.ServiceUnavailable => null,
                    _ => throw new InvalidOperationException($"GET {path} answered {seen}"),
                };
            },
            () => $"GET {path} answered {seen}");
    }

    /// <summary>A server as the API shows it.</summary>
    public async Task<ServerView> ServerAsync(string name) => ServerView.From(await JsonAsync("/api/v1/servers/" + name).ConfigureAwait(false));

    /// <summary>Every server, page after page.</summary>
    public async Task<IReadOnlyList<ServerView>> AllServersAsync()
    {
        var all = new List<ServerView>();
        string? cursor = null;
        do
        {
            var page = await JsonAsync("/api/v1/servers?limit=200" + (cursor is null ? "" : "&cursor=" + cursor)).ConfigureAwait(false);
            all.AddRange(page["items"]!.AsArray().Select(item => ServerView.From(item!)));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);
        return all;
    }

    /// <summary>Waits until a server is as wanted.</summary>
    public Task<ServerView> UntilAsync(string name, Func<ServerView, bool> wanted, TimeSpan? bound = null)
    {
        ServerView? seen = null;
        return Poll.UntilAsync(
            bound ?? s_bound,
            async () => wanted(seen = await ServerAsync(name).ConfigureAwait(false)) ? seen : null,
            () => $"{seen}. The node wrote: {Output}");
    }

    /// <summary>Waits until a server has a state.</summary>
    public Task<ServerView> UntilAsync(string name, string state, TimeSpan? bound = null) => UntilAsync(name, s => s.State == state, bound);

    /// <summary>Waits until these servers (all, when none is named) are healthy.</summary>
    public Task<IReadOnlyList<ServerView>> UntilAllHealthyAsync(TimeSpan? bound = null, params string[] names)
    {
        IReadOnlyList<ServerView> seen = [];
        return Poll.UntilAsync(
            bound ?? s_bound,
            async () =>
            {
                seen = [.. (await AllServersAsync().ConfigureAwait(false)).Where(s => names.Length == 0 || names.Contains(s.Name))];
                return seen.Count > 0 && seen.All(s => s.State == "healthy") ? seen : null;
            },
            () => string.Join("\n", seen.Where(s => s.State != "healthy")) + "\nThe node wrote: " + Output);
    }

    /// <summary>Waits until its output holds a text.</summary>
    public Task UntilOutputAsync(string text) => Poll.UntilAsync(
        s_bound, () => Output.Contains(text, StringComparison.Ordinal), () => $"'{text}' was not written. {Output}");

    /// <summary>Sends SIGTERM and waits for the end.</summary>
    /// <returns>The exit status and how long it took.</returns>
    public async Task<(int Status, TimeSpan Took)> TerminateAsync()
    {
        var clock = Stopwatch.StartNew();
        MarkedProcesses.Signal(Pid, MarkedProcesses.Term);
        await EndAsync().ConfigureAwait(false);
        return (_process.ExitCode, clock.Elapsed);
    }

    /// <summary>Ends the node, and nothing else, with SIGKILL.</summary>
    public async Task KillAsync()
    {
        MarkedProcesses.Signal(Pid, MarkedProcesses.Kill);
        await EndAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync().ConfigureAwait(false);
        }

        if (_folder.NodeId is { } id)
        {
            await MarkedProcesses.KillAllAsync(id).ConfigureAwait(false);
        }

        _process.Dispose();
        _http.Dispose();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        try
        {
            return await _http.SendAsync(request).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new InvalidOperationException($"The node does not answer ({e.Message}){(_process.HasExited ? $"; it ended with status {_process.ExitCode}" : "")}. It wrote: {Output}", e);
        }
    }

    private async Task EndAsync()
    {
        using var limit = new CancellationTokenSource(s_bound);
        try
        {
            await _process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The node did not end within {s_bound.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s. It wrote: {Output}");
        }
    }

    private bool FindUrl()
    {
        if (ListensAt().Match(Output) is { Success: true } match)
        {
            Url = match.Groups[1].Value;
            return true;
        }

        return _process.HasExited
            ? throw new InvalidOperationException($"The node ended with status {_process.ExitCode}: {Output}")
            : false;
    }

    private async Task<string?> HasStartedAsync()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"The node ended with status {_process.ExitCode}: {Output}");
        }

        return (await GetAsync("/healthz/startup").ConfigureAwait(false)).Status == HttpStatusCode.OK ? "" : null;
    }

    private void Append(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.Append(line).Append('\n');
            }
        }
    }

    [GeneratedRegex("""listens at (http://[^\s"]+)""")]
    private static partial Regex ListensAt();
}

/// <summary>What the tests read of a server in the API.</summary>
public sealed record ServerView(
    string Name,
    string State,
    string Cause,
    string NextAction,
    string? Node,
    int? Pid,
    string? ProtocolVersion,
    string? Era,
    int? Tools,
    int Restarts,
    int Diagnostics)
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web);

    /// <summary>Reads it from an item of a list or from the route of one server.</summary>
    public static ServerView From(JsonNode json) =>
        json.Deserialize<ServerView>(s_options) ?? throw new InvalidOperationException("The API answered null for a server.");
}
