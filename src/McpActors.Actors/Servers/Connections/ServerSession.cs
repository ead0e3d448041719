using System.Text.Json.Nodes;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpActors.Actors.Servers.Connections;

/// <summary>A conversation with one running server, over whatever transport. It stays on its node.</summary>
internal sealed class ServerSession : IAsyncDisposable
{
    /// <summary>The name of the era without <c>initialize</c>, sessions and <c>ping</c> (revision 2026-07-28 and later).</summary>
    public const string DiscoverEra = "discover";

    /// <summary>The name of the era that begins with <c>initialize</c>.</summary>
    public const string InitializeEra = "initialize";

    private const int MaxPages = 100;
    private const int MaxItems = 5_000;
    private const long MaxSurface = 8 * 1024 * 1024;

    private readonly McpClient _client;
    private readonly HttpWatch? _watch;
    private readonly TimeProvider _time;
    private readonly SecretScrubber _scrub;
    private volatile TaskCompletionSource<string> _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _unansweredCut;
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes over a connected client.</summary>
    public ServerSession(McpClient client, HttpWatch? watch, TimeProvider time, SecretScrubber scrub)
    {
        _client = client;
        _watch = watch;
        _time = time;
        _scrub = scrub;
        ProtocolVersion = client.NegotiatedProtocolVersion ?? "unknown";
        Era = EraOf(ProtocolVersion);
        _ = WatchAsync();
    }

    /// <summary>The protocol revision both sides speak.</summary>
    public string ProtocolVersion { get; }

    /// <summary><see cref="DiscoverEra"/> or <see cref="InitializeEra"/>.</summary>
    public string Era { get; }

    /// <summary>What the server says of itself, scrubbed; null where it says nothing.</summary>
    public ServerProtocol.ServerInfoReport? ServerInfo => _client.ServerInfo is { } info
        ? new(_scrub.Scrub(Short(info.Name)), _scrub.Scrub(Short(info.Version)), info.Title is null ? null : _scrub.Scrub(Short(info.Title)))
        : null;

    /// <summary>The era of a protocol revision; revisions are dates and sort as text.</summary>
    public static string EraOf(string revision) =>
        string.CompareOrdinal(revision, "2026-07-28") >= 0 ? DiscoverEra : InitializeEra;

    /// <summary>Completes, with why in words, when the conversation is over.</summary>
    public Task<string> Ended => _ended.Task;

    /// <summary>Ends the conversation from this side, for a reason that was found elsewhere.</summary>
    public void End(string why) => _ended.TrySetResult(why);

    /// <summary>An answer was cut at its bound: whoever waits for one need not wait longer.</summary>
    public void Cut(string words)
    {
        _unansweredCut = words;
        Interlocked.Exchange(ref _cut, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(words);
    }

    /// <summary>Calls back when the server says that what it declares has changed.</summary>
    public void OnSurfaceChanged(Action changed)
    {
        foreach (var method in (string[])[NotificationMethods.ToolListChangedNotification, NotificationMethods.PromptListChangedNotification, NotificationMethods.ResourceListChangedNotification])
        {
            _client.RegisterNotificationHandler(method, (_, _) =>
            {
                changed();
                return ValueTask.CompletedTask;
            });
        }
    }

    /// <summary>
    /// One sign of life: <c>ping</c>, or <c>server/discover</c> and a light <c>tools/list</c> where there is no ping.
    /// Any JSON-RPC answer is one, an error included. Never throws.
    /// </summary>
    /// <param name="limit">Waits at most this long.</param>
    public async Task<ProbeOutcome> ProbeAsync(TimeSpan limit)
    {
        _watch?.Reset();
        var cut = _cut;
        var start = _time.GetTimestamp();
        using var cancel = new CancellationTokenSource(limit, _time);
        try
        {
            // The answer is awaited beside the token: a stopped reader of our input blocks the write, which no token frees.
            var call = CallAsync(cancel.Token);
            if (await Task.WhenAny((Task)call, cut.Task).WaitAsync(cancel.Token).ConfigureAwait(false) != call)
            {
                return new ProbeOutcome(_time.GetUtcNow(), _time.GetElapsedTime(start), FailureKind.Oversized, await cut.Task.ConfigureAwait(false));
            }

            var detail = await call.ConfigureAwait(false);
            _unansweredCut = null;
            return new ProbeOutcome(_time.GetUtcNow(), _time.GetElapsedTime(start), null, detail);
        }
        catch (Exception e)
        {
            var (kind, words) = FailureClassifier.Classify(e, _watch, limit);
            if (kind == FailureKind.Timeout && _unansweredCut is { } cutBefore)
            {
                // A line that never ends keeps every later answer from coming: the time-out is only its consequence.
                (kind, words) = (FailureKind.Oversized, $"{cutBefore} {words}");
            }

            return new ProbeOutcome(_time.GetUtcNow(), _time.GetElapsedTime(start), kind, _scrub.Scrub(words));
        }
        finally
        {
            if (_client.SessionId is not null && (int?)_watch?.LastStatus is 400 or 404)
            {
                // Servers that have lost their sessions (a restart behind the same port) answer so for ever.
                End("The server no longer knows the session.");
            }
        }
    }

    /// <summary>Everything that the server declares, as it declares it: all pages, within bounds.</summary>
    /// <exception cref="OperationCanceledException">It took longer than the token allows.</exception>
    /// <exception cref="McpException">The server refused a list that its capabilities promise.</exception>
    /// <exception cref="IOException">An answer was cut at its bound.</exception>
    public async Task<SurfaceReading> ReadSurfaceAsync(CancellationToken cancellationToken)
    {
        var cut = _cut.Task;
        var read = ReadListsAsync(cancellationToken);
        if (await Task.WhenAny((Task)read, cut).WaitAsync(cancellationToken).ConfigureAwait(false) == cut)
        {
            throw new OversizedException(await cut.ConfigureAwait(false));
        }

        return await read.ConfigureAwait(false);
    }

    private async Task<SurfaceReading> ReadListsAsync(CancellationToken cancellationToken)
    {
        var capabilities = _client.ServerCapabilities;
        var budget = new Budget();
        var tools = capabilities.Tools is null ? [] : await ListAsync("tools/list", "tools", budget, cancellationToken).ConfigureAwait(false);
        var prompts = capabilities.Prompts is null ? [] : await ListAsync("prompts/list", "prompts", budget, cancellationToken).ConfigureAwait(false);
        var resources = capabilities.Resources is null ? [] : await ListAsync("resources/list", "resources", budget, cancellationToken).ConfigureAwait(false);
        List<JsonNode> templates = [];
        if (capabilities.Resources is not null)
        {
            try
            {
                templates = await ListAsync("resources/templates/list", "resourceTemplates", budget, cancellationToken).ConfigureAwait(false);
            }
            catch (McpProtocolException e) when (e.ErrorCode == McpErrorCode.MethodNotFound)
            {
                // Resources without templates are allowed, and old SDKs then do not know the method.
            }
        }

        return new SurfaceReading(tools, prompts, resources, templates, _client.ServerInstructions, budget.Complete);
    }

    /// <summary>Ends the conversation; for HTTP with a farewell. Takes at most 2 s.</summary>
    public async ValueTask DisposeAsync()
    {
        End("It was closed.");
        try
        {
            await _client.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(2), _time).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // What a closing connection throws changes nothing: it is being thrown away.
        }
    }

    /// <summary>An item as JSON; null where a text in it is half a surrogate pair, which no JSON writer takes.</summary>
    public static string? TextOf(JsonNode item)
    {
        try
        {
            return item.ToJsonString();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private static string Short(string text) => text.Length > 200 ? text[..200] : text;

    private async Task<string?> CallAsync(CancellationToken cancellationToken)
    {
        if (Era != DiscoverEra)
        {
            await AnyAnswerAsync("ping", null, cancellationToken).ConfigureAwait(false);
            return null;
        }

        await AnyAnswerAsync("server/discover", new JsonObject(), cancellationToken).ConfigureAwait(false);
        if (_client.ServerCapabilities.Tools is null)
        {
            return null;
        }

        var refusal = await AnyAnswerAsync("tools/list", new JsonObject(), cancellationToken).ConfigureAwait(false);
        return refusal is null ? null : $"tools/list fails with {refusal}.";
    }

    private async Task<int?> AnyAnswerAsync(string method, JsonNode? parameters, CancellationToken cancellationToken)
    {
        try
        {
            await _client.SendRequestAsync(new JsonRpcRequest { Method = method, Params = parameters }, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (McpProtocolException e)
        {
            return (int)e.ErrorCode;
        }
    }

    private async Task<List<JsonNode>> ListAsync(string method, string key, Budget budget, CancellationToken cancellationToken)
    {
        var items = new List<JsonNode>();
        var cursors = new HashSet<string>(StringComparer.Ordinal);
        string? cursor = null;
        do
        {
            var parameters = new JsonObject();
            if (cursor is not null)
            {
                parameters["cursor"] = cursor;
            }

            var response = await _client.SendRequestAsync(new JsonRpcRequest { Method = method, Params = parameters }, cancellationToken).ConfigureAwait(false);
            foreach (var item in response.Result?[key] as JsonArray ?? [])
            {
                if (item is not null && budget.Take(item))
                {
                    items.Add(item.DeepClone());
                }
            }

            cursor = response.Result?["nextCursor"] is JsonValue value && value.TryGetValue<string>(out var next) ? next : null;

            // A server that repeats a cursor, or never ends, is cut and the reading says so.
            if (cursor is not null && (!cursors.Add(cursor) || cursors.Count >= MaxPages))
            {
                budget.Complete = false;
                break;
            }
        }
        while (cursor is not null && budget.Complete);
        return items;
    }

    private async Task WatchAsync()
    {
        try
        {
            await _client.Completion.ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The reason is told by the process or by the next probe; here only the end counts.
        }

        End("The connection ended.");
    }

    private sealed class Budget
    {
        private int _items;
        private long _bytes;

        public bool Complete { get; set; } = true;

        public bool Take(JsonNode item)
        {
            _bytes += TextOf(item)?.Length ?? 0;
            Complete &= ++_items <= MaxItems && _bytes <= MaxSurface;
            return Complete;
        }
    }
}

/// <summary>An answer was longer than its bound and was cut; the message says so in words.</summary>
internal sealed class OversizedException(string words) : IOException(words);

/// <summary>All that a server declares.</summary>
internal sealed record SurfaceReading(
    List<JsonNode> Tools,
    List<JsonNode> Prompts,
    List<JsonNode> Resources,
    List<JsonNode> ResourceTemplates,
    string? Instructions,
    bool Complete);
