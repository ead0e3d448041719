namespace McpActors.Cli.Api;

/// <summary>The routes that more than one verb uses.</summary>
internal static class NodeRoutes
{
    /// <summary>How many items a list is asked for at once.</summary>
    public const int PageSize = 100;

    /// <summary>The servers.</summary>
    public const string Servers = "api/v1/servers";

    /// <summary>Files, and what is wrong with them.</summary>
    public const string Config = "api/v1/config";
}
