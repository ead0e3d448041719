namespace McpActors.Benchmarks.Measuring;

/// <summary>The least that a web app on this runtime costs: the baseline of the node's memory and CPU time.</summary>
internal static class EmptyApp
{
    /// <summary>The switch that makes this program be the empty app.</summary>
    public const string Switch = "--empty-app";

    /// <summary>Serves nothing at an address until a signal.</summary>
    public static async Task RunAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        var app = builder.Build();
        app.MapGet("/", () => "nothing");
        await app.RunAsync().ConfigureAwait(false);
    }
}
