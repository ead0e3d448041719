using System.Text;
using System.Text.Json.Nodes;
using McpActors.Actors.Servers;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;

namespace McpActors.Host.Servers;

/// <summary>A page of a list.</summary>
/// <typeparam name="T">What it lists.</typeparam>
/// <param name="Items">The page.</param>
/// <param name="NextCursor">Give it as <c>cursor</c> for the next page; null on the last.</param>
/// <param name="Count">All items of the whole list.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor, int Count);

/// <summary>A server at a glance.</summary>
internal record ServerSummary(
    string Name,
    ServerState State,
    string Cause,
    DateTimeOffset Since,
    string NextAction,
    ServerTransport Transport,
    string? Node,
    int? Pid,
    string? Package,
    string? PackageVersion,
    string? ProtocolVersion,
    string? Era,
    int? Tools,
    double? LatencyMs,
    int Restarts,
    int Diagnostics);

/// <summary>A server with its declaration and what is wrong with that.</summary>
internal sealed record ServerDetail(ServerSummary Summary, DeclaredServer Declaration, IReadOnlyList<DiagnosticView> Problems)
    : ServerSummary(Summary);

/// <summary>A server's tools, as it declares them.</summary>
internal sealed record ToolPage(string Name, string? Sha256, IReadOnlyList<JsonNode> Items, string? NextCursor, int Count);

/// <summary>The read-only routes about servers.</summary>
internal static class ServersApi
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 200;
    private static readonly TimeSpan s_kept = TimeSpan.FromHours(3);
    private const int MaxTail = 10_000;

    /// <summary>Maps <c>/api/v1/servers</c> and what lies below.</summary>
    public static void MapServers(this IEndpointRouteBuilder routes)
    {
        var servers = routes.MapGroup("/api/v1/servers").WithTags("servers");
        servers.MapGet("", ListAsync).WithSummary("All servers, in the order of their names.").Produces<Page<ServerSummary>>();
        servers.MapGet("/{name}", ShowAsync).WithSummary("One server with its declaration.").Produces<ServerDetail>();
        servers.MapGet("/{name}/health", (string name, IFleet fleet, CancellationToken stop) =>
                ReportAsync<ServerProtocol.HealthReport>(fleet, new ServerProtocol.GetHealth(Plain(name)), stop))
            .WithSummary("Health, its cause, the last probes and changes.").Produces<ServerProtocol.HealthReport>();
        servers.MapGet("/{name}/metrics", MetricsAsync)
            .WithSummary("Samples of the last three hours, one a minute; from, to: RFC 3339 times; step: seconds.").Produces<ServerProtocol.MetricsReport>();
        servers.MapGet("/{name}/logs", LogsAsync).WithSummary("The last lines of the server's log; tail: 1 to 10000, of which the last 500 are kept.").Produces<ServerProtocol.LogReport>();
        servers.MapGet("/{name}/version", (string name, IFleet fleet, CancellationToken stop) =>
                ReportAsync<ServerProtocol.VersionReport>(fleet, new ServerProtocol.GetVersion(Plain(name)), stop))
            .WithSummary("What runs: package, server info, protocol revision, tool surface.").Produces<ServerProtocol.VersionReport>();
        servers.MapGet("/{name}/tools", ToolsAsync).WithSummary("The tools as the server declares them.").Produces<ToolPage>();
    }

    /// <summary>A server's status with the number of diagnostics of this node's files.</summary>
    public static ServerSummary Summary(ServerProtocol.ServerStatus status, LocalServers local) => new(
        status.Name, status.State, status.Cause, status.Since, status.NextAction, status.Transport, status.Node, status.Pid,
        status.Package, status.PackageVersion, status.ProtocolVersion, status.Era, status.Tools, status.LatencyMs, status.Restarts,
        local.Declaration.Diagnostics.Count(d => d.Server == status.Name));

    private static async Task<IResult> ListAsync(
        IFleet fleet, LocalServers local, CancellationToken stop, int limit = DefaultLimit, string? cursor = null)
    {
        if (limit is < 1 or > MaxLimit)
        {
            return Problems.Malformed($"limit is {limit}.", $"Give a limit of 1 to {MaxLimit}.");
        }

        if (!Cursor.TryRead(cursor, out var after))
        {
            return Problems.Malformed("The cursor is none of this API's.", "Give nextCursor of the page before, unchanged, or none.");
        }

        var page = await fleet.ListAsync(after, limit, stop).ConfigureAwait(false);
        return Results.Ok(new Page<ServerSummary>(
            [.. page.Items.Select(s => Summary(s, local))], page.More ? Cursor.Write(page.Items[^1].Name) : null, page.Total));
    }

    // Routing decodes every escape of a path segment but the slash, which many servers have in their names.
    private static string Plain(string name) => name.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static async Task<IResult> ShowAsync(string name, IFleet fleet, LocalServers local, CancellationToken stop)
    {
        name = Plain(name);
        var found = await fleet.FindAsync(name, stop).ConfigureAwait(false);
        return found is { Status: { } status, Declared: { } declared }
            ? Results.Ok(new ServerDetail(Summary(status, local), declared,
                [.. local.Declaration.Diagnostics.Where(d => d.Server == name).Select(DiagnosticView.From)]))
            : Problems.NoServer();
    }

    private static async Task<IResult> MetricsAsync(
        string name, IFleet fleet, TimeProvider time, CancellationToken stop, DateTimeOffset? from = null, DateTimeOffset? to = null, double step = 0)
    {
        var end = to ?? time.GetUtcNow().AddSeconds(1);
        var begin = from ?? (end - DateTimeOffset.MinValue > s_kept ? end - s_kept : DateTimeOffset.MinValue);
        if (begin >= end || !double.IsFinite(step) || step is < 0 or > 86_400)
        {
            return Problems.Malformed("from, to and step do not make a range.", "Give from before to, and a step of 0 (all) to 86400 seconds.");
        }

        return await ReportAsync<ServerProtocol.MetricsReport>(
            fleet, new ServerProtocol.GetMetrics(Plain(name), begin, end, TimeSpan.FromSeconds(step)), stop).ConfigureAwait(false);
    }

    private static async Task<IResult> LogsAsync(string name, IFleet fleet, CancellationToken stop, int tail = 100) =>
        tail is < 1 or > MaxTail
            ? Problems.Malformed($"tail is {tail}.", $"Give a tail of 1 to {MaxTail} lines.")
            : await ReportAsync<ServerProtocol.LogReport>(fleet, new ServerProtocol.GetLogs(Plain(name), tail), stop).ConfigureAwait(false);

    private static async Task<IResult> ToolsAsync(
        string name, IFleet fleet, CancellationToken stop, int limit = DefaultLimit, string? cursor = null)
    {
        if (limit is < 1 or > MaxLimit)
        {
            return Problems.Malformed($"limit is {limit}.", $"Give a limit of 1 to {MaxLimit}.");
        }

        var offset = 0;
        if (!Cursor.TryRead(cursor, out var text) || (text is not null && (!int.TryParse(text, out offset) || offset < 0)))
        {
            return Problems.Malformed("The cursor is none of this API's.", "Give nextCursor of the page before, unchanged, or none.");
        }

        var report = await fleet.AskServerAsync<ServerProtocol.ToolsReport>(new ServerProtocol.GetTools(Plain(name), offset, limit), stop).ConfigureAwait(false);
        if (report is null)
        {
            return Problems.NoServer();
        }

        var next = offset + report.Items.Count;
        return Results.Ok(new ToolPage(report.Name, report.Sha256, report.Items,
            next < report.Total ? Cursor.Write(next.ToString(System.Globalization.CultureInfo.InvariantCulture)) : null, report.Total));
    }

    private static async Task<IResult> ReportAsync<T>(IFleet fleet, ServerProtocol.IServerMessage query, CancellationToken stop)
        where T : class =>
        await fleet.AskServerAsync<T>(query, stop).ConfigureAwait(false) is { } report ? Results.Ok(report) : Problems.NoServer();
}

/// <summary>Cursors are opaque to callers: base64url of where the page before ended.</summary>
internal static class Cursor
{
    private const int MaxLength = 1024;

    /// <summary>Makes a cursor.</summary>
    public static string Write(string after) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(after));

    /// <summary>Reads one; no cursor is a valid one.</summary>
    public static bool TryRead(string? cursor, out string? after)
    {
        after = null;
        if (string.IsNullOrEmpty(cursor))
        {
            return true;
        }

        if (cursor.Length > MaxLength || !System.Buffers.Text.Base64Url.IsValid(cursor))
        {
            return false;
        }

        after = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(cursor));
        return true;
    }
}
