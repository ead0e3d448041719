using System.CommandLine;
using System.Globalization;
using McpActors.Cli.Api;
using McpActors.Cli.Commands;

namespace McpActors.Cli.Servers;

/// <summary>The palette <c>servers</c>: what the fleet does. It only reads.</summary>
internal static class ServersPalette
{
    private const int MaxTail = 10_000;
    private const int DefaultTail = 100;

    /// <summary>The palette.</summary>
    public static Palette Create() => new("servers", "The MCP servers: state, health, metrics, logs, versions and tools",
    [
        List(), Show(), Health(), Metrics(), Logs(), Version(), Tools(), Watch(),
    ]);

    private static Verb List() => new("list", "Every server with its state", async (call, cancellation) =>
    {
        var servers = await call.Node.GetAllAsync(NodeRoutes.Servers, NodeRoutes.PageSize, cancellation);
        if (call.Json)
        {
            call.Out.Json(servers.Json);
            return ExitStatus.Done;
        }

        ServerViews.List(call, servers.Root);
        await call.Out.FlushAsync();
        await DiagnosticsHintAsync(call, servers.Root.Items("items"), cancellation);
        return ExitStatus.Done;
    })
    {
        Prints = "name | state | since | pid | package | tools | latency | cause (unless healthy)",
        Examples = ["servers list", "servers list -o json"],
    };

    private static Verb Show() => OfServer("show", "All about one server: state, declaration, diagnostics", "", ServerViews.Show);

    private static Verb Health() => OfServer("health", "Why a server is in its state: probes, history, process", "/health", ServerViews.Health);

    private static Verb Version() => OfServer("version", "Package, protocol and tool surface of a server", "/version", ServerViews.Version);

    private static Verb Metrics()
    {
        var name = ServerName();
        var from = Values.InstantOption("--from", "The beginning: a time, or how long ago [default: the node's choice]");
        var to = Values.InstantOption("--to", "The end: a time, or how long ago [default: now]");
        var step = Values.SpanOption("--step", "The distance of two points [default: the node's choice]", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        return new("metrics", "Latency, memory, CPU and more of a server over time", (call, cancellation) =>
        {
            string?[] query =
            [
                Parameter("from", Values.ToInstant(call.Get(from), call.Now)),
                Parameter("to", Values.ToInstant(call.Get(to), call.Now)),
                Parameter("step", call.Get(step)?.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)),
            ];
            var asked = string.Join('&', query.Where(part => part is not null));
            var path = NodeAddress.Path("servers", call.Get(name)) + "/metrics" + (asked.Length > 0 ? "?" + asked : "");
            return call.ShowAsync(path, answer => ServerViews.Metrics(call, answer.Root), cancellation);
        })
        {
            Arguments = [name],
            Options = [from, to, step],
            Prints = "time | up or down | latency | memory | CPU time | threads | open files | read | written | processes | restarts",
            Examples = ["servers metrics everything", "servers metrics everything --from 2h --step 5m", "servers metrics everything --from 2026-11-23T08:00:00Z --to 2026-11-23T09:00:00Z"],
        };
    }

    private static Verb Logs()
    {
        var name = ServerName();
        var tail = Values.NumberOption("--tail", "How many of the last lines", 1, MaxTail, DefaultTail);
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with new lines until Ctrl-C" };
        return new("logs", "What a server wrote to its standard error", (call, cancellation) =>
        {
            var path = NodeAddress.Path("servers", call.Get(name)) + "/logs";
            var lines = call.Get(tail);
            return call.Get(follow)
                ? LogFollowing.RunAsync(call, path, lines, cancellation)
                : call.ShowAsync(LogFollowing.WithTail(path, lines), answer => ServerViews.Logs(call, answer.Root), cancellation);
        })
        {
            Arguments = [name],
            Options = [tail, follow],
            Prints = "time | stream | text; with -o json --follow one JSON object a line",
            Examples = ["servers logs everything", "servers logs everything --tail 20 --follow"],
        };
    }

    private static Verb Tools()
    {
        var name = ServerName();
        return new("tools", "The tools that a server declares", async (call, cancellation) =>
        {
            var tools = await call.Node.GetAllAsync(NodeAddress.Path("servers", call.Get(name)) + "/tools", pageSize: null, cancellation);
            if (call.Json)
            {
                call.Out.Json(tools.Json);
            }
            else
            {
                ServerViews.Tools(call, tools.Root);
            }

            return ExitStatus.Done;
        })
        {
            Arguments = [name],
            Prints = "name | what the server claims (read-only, destructive, ...) | description",
            Examples = ["servers tools everything", "servers tools everything -o json"],
        };
    }

    private static Verb Watch() => new("watch", "Changes of state as they happen, until Ctrl-C", EventWatching.RunAsync)
    {
        Prints = "time | name | state | node | cause; with -o json one JSON object a line",
        Examples = ["servers watch", "servers watch -o json"],
    };

    private static Verb OfServer(string verb, string description, string below, Action<VerbCall, System.Text.Json.JsonElement> print)
    {
        var name = ServerName();
        return new(verb, description, (call, cancellation) =>
            call.ShowAsync(NodeAddress.Path("servers", call.Get(name)) + below, answer => print(call, answer.Root), cancellation))
        {
            Arguments = [name],
            Prints = "field | value, one a line",
            Examples = [$"servers {verb} everything", $"servers {verb} everything -o json"],
        };
    }

    private static NodeArgument ServerName() => new("NAME", "The server's name, as servers list shows it", NodeRoutes.Servers, "name");

    private static string? Parameter(string name, string? value) => value is null ? null : $"{name}={Uri.EscapeDataString(value)}";

    /// <summary>
    /// A fleet that is not what its author meant to declare looks like a fleet that is: say so. The list alone does not know of
    /// faults that cost a whole file, so the node is asked; where it does not tell, the servers' own counts must do.
    /// </summary>
    private static async Task DiagnosticsHintAsync(VerbCall call, IReadOnlyList<System.Text.Json.JsonElement> servers, CancellationToken cancellation)
    {
        long count;
        try
        {
            var config = await call.Node.GetAsync(NodeRoutes.Config, cancellation);
            count = config.Root.Items("diagnostics").Count;
        }
        catch (CommandFailure)
        {
            count = servers.Sum(server => server.Number("diagnostics") ?? 0);
        }

        if (count > 0)
        {
            call.Out.Note($"{Output.Units.Several(count, "diagnostic")}: mcpactors config diagnostics");
        }
        else if (servers.Count == 0)
        {
            call.Out.Note("No server is declared: mcpactors config show tells which files the node reads.");
        }
    }
}
