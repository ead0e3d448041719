using McpActors.Cli.Api;
using McpActors.Cli.Commands;
using McpActors.Cli.Output;

namespace McpActors.Cli.Servers;

/// <summary>Follows the node's events: a line for each change of a server's state.</summary>
internal static class EventWatching
{
    private const string Route = "api/v1/events";
    private const string StateChanged = "server_state";

    /// <summary>Prints changes until it is cancelled, which is how it is meant to end.</summary>
    public static async Task<int> RunAsync(VerbCall call, CancellationToken cancellation)
    {
        try
        {
            await foreach (var happened in call.Node.FollowAsync(Route, cancellation))
            {
                // Other events belong to palettes of their own.
                if (happened.Type == StateChanged)
                {
                    Print(call, happened.Data);
                    await call.Out.FlushAsync();
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }

        return ExitStatus.Done;
    }

    private static void Print(VerbCall call, string data)
    {
        if (Answer.TryParse(data) is not { } change)
        {
            throw new CommandFailure(ExitStatus.Failed, $"The node at {call.Node.Address} sent a {StateChanged} event that is not a JSON object. Check that node and command line are of the same version.");
        }

        if (call.Json)
        {
            call.Out.Json(change.Json);
        }
        else
        {
            var root = change.Root;
            call.Out.Record(root.Text("at"), root.Text("name"), Cell.State(root.Text("state")), root.Text("node"), root.Text("cause"));
        }
    }
}
