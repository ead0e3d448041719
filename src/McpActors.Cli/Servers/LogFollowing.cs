using System.Globalization;
using System.Text.Json;
using McpActors.Cli.Api;
using McpActors.Cli.Commands;

namespace McpActors.Cli.Servers;

/// <summary>Follows a server's log by asking for its tail again and again; the node has no stream of lines.</summary>
internal static class LogFollowing
{
    private const int Window = 1_000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The route for so many of the last lines.</summary>
    public static string WithTail(string path, int tail) => string.Create(CultureInfo.InvariantCulture, $"{path}?tail={tail}");

    /// <summary>Prints the last lines, then new ones until it is cancelled, which is how it is meant to end.</summary>
    public static async Task<int> RunAsync(VerbCall call, string path, int tail, CancellationToken cancellation)
    {
        var asked = WithTail(path, Math.Max(tail, Window));
        IReadOnlyList<JsonElement>? before = null;
        try
        {
            while (true)
            {
                var answer = await call.Node.GetAsync(asked, cancellation);
                var lines = answer.Root.Items("lines");
                var (fresh, gap) = before is null
                    ? ([.. lines.TakeLast(tail)], false)
                    : Fresh(before, lines, (one, other) => one.GetRawText() == other.GetRawText());
                if (gap)
                {
                    call.Notice("Lines are missing here: the server writes faster than they can be followed.");
                }

                foreach (var line in fresh)
                {
                    if (call.Json)
                    {
                        call.Out.Json(line.GetRawText());
                    }
                    else
                    {
                        ServerViews.LogLine(call, line);
                    }
                }

                await call.Out.FlushAsync();
                before = lines;
                await Task.Delay(Interval, call.Clock, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitStatus.Done;
        }
    }

    /// <summary>
    /// Which lines of a newer tail follow an older one: those after the longest end of the older that the newer begins with.
    /// Without any overlap all are new, and some between are lost (a gap), unless the older was empty.
    /// </summary>
    public static (IReadOnlyList<T> Fresh, bool Gap) Fresh<T>(IReadOnlyList<T> older, IReadOnlyList<T> newer, Func<T, T, bool> same)
    {
        for (var shift = 0; shift < older.Count; shift++)
        {
            var overlap = older.Count - shift;
            if (overlap <= newer.Count && Enumerable.Range(0, overlap).All(i => same(older[shift + i], newer[i])))
            {
                return ([.. newer.Skip(overlap)], false);
            }
        }

        return (newer, older.Count > 0 && newer.Count > 0);
    }
}
