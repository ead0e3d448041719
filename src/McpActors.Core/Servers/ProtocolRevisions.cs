namespace McpActors.Core.Servers;

/// <summary>The protocol revisions that begin with <c>initialize</c>, and in which order a difficult server is asked for them.</summary>
public static class ProtocolRevisions
{
    private static readonly string[] s_initialize = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

    /// <summary>
    /// The revision to ask a fresh process for after it refused one, or null when there is none left.
    /// A client that names a revision must get just that one, so the list is walked from the newest down.
    /// </summary>
    /// <param name="refused">What was refused; null when <c>server/discover</c> came first, as it does by default.</param>
    public static string? After(string? refused) =>
        refused is null ? s_initialize[0] : s_initialize.FirstOrDefault(r => string.CompareOrdinal(r, refused) < 0);
}
