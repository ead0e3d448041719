using System.Collections;
using McpActors.Core.Servers;

namespace McpActors.Actors.Servers.Processes;

/// <summary>The environment of a child: the node's own, minus what is the node's alone, plus the server's, plus our marks.</summary>
public static class ChildEnvironment
{
    /// <summary>Names the node that started a process: its node id. Inherited by every descendant.</summary>
    public const string OwnerMarker = "MCPACTORS_OWNER";

    /// <summary>Names one start of one server (a GUID, new with every start). Inherited by every descendant.</summary>
    public const string InstanceMarker = "MCPACTORS_INSTANCE";

    /// <summary>
    /// Variables that steer the node and would steer a child by mistake: the node's settings (which may hold secrets),
    /// ASP.NET's (a child would try to bind the node's port), the .NET runtime's tuning and diagnostics, and
    /// systemd's (a child could report for the node).
    /// </summary>
    private static readonly string[] WithheldPrefixes =
    [
        "MCPACTORS_", "ASPNETCORE_", "DOTNET_gc", "DOTNET_GC", "DOTNET_Tiered", "DOTNET_EnableDiagnostics", "DOTNET_Diagnostic",
        "DOTNET_DbgEnable", "DOTNET_EventPipe", "DOTNET_STARTUP_HOOKS", "DOTNET_ENVIRONMENT", "CORECLR_", "COMPlus_", "LISTEN_", "WATCHDOG_",
    ];

    private static readonly HashSet<string> WithheldNames = new(StringComparer.Ordinal)
    {
        "NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM", "MAINPID", "DOTNET_ADDITIONAL_DEPS", "DOTNET_SHARED_STORE",
    };

    /// <summary>The child's whole environment; the marks come first, so that a look at it is short.</summary>
    /// <param name="definition">Adds its <c>Env</c>, which wins over the node's own.</param>
    /// <param name="nodeId">The value of <see cref="OwnerMarker"/>.</param>
    /// <param name="instance">The value of <see cref="InstanceMarker"/>.</param>
    /// <param name="extra">Wins over both; null for none.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Build(
        ProcessDefinition definition,
        string nodeId,
        Guid instance,
        IReadOnlyDictionary<string, string>? extra = null)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            var name = (string)entry.Key;
            if (!IsWithheld(name))
            {
                values[name] = (string?)entry.Value ?? "";
            }
        }

        foreach (var (name, value) in definition.Env.Concat(extra ?? new Dictionary<string, string>()))
        {
            values[name] = value;
        }

        values.Remove(OwnerMarker);
        values.Remove(InstanceMarker);
        return
        [
            new(OwnerMarker, nodeId),
            new(InstanceMarker, instance.ToString("D")),
            .. values,
        ];
    }

    private static bool IsWithheld(string name) =>
        WithheldNames.Contains(name) || WithheldPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
