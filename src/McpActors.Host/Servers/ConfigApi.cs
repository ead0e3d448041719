using McpActors.Actors.Servers;
using McpActors.Core.Servers;

namespace McpActors.Host.Servers;

/// <summary>A diagnostic as the API shows it.</summary>
internal sealed record DiagnosticView(
    string Code, DiagnosticSeverity Severity, string File, int Line, int Column, string? Server, string Message, string Fix)
{
    /// <summary>The view of a diagnostic.</summary>
    public static DiagnosticView From(Diagnostic d) => new(
        d.Code, d.Severity, d.Source.File, d.Source.Line, d.Source.Column, d.Server, d.Message, d.Fix);
}

/// <summary>What this node read from its files.</summary>
internal sealed record ConfigView(IReadOnlyList<string> Files, int Servers, IReadOnlyList<DiagnosticView> Diagnostics);

/// <summary>The read-only route about this node's configuration.</summary>
internal static class ConfigApi
{
    /// <summary>Maps <c>/api/v1/config</c>.</summary>
    public static void MapConfig(this IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/config", (LocalServers local) => new ConfigView(
            local.Declaration.Files, local.Declaration.Servers.Count, [.. local.Declaration.Diagnostics.Select(DiagnosticView.From)]))
        .WithTags("config")
        .WithSummary("The files that this node read, and every fault found in them.");
}
