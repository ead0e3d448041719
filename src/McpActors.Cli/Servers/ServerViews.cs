using System.Globalization;
using System.Text.Json;
using McpActors.Cli.Api;
using McpActors.Cli.Commands;
using McpActors.Cli.Output;

namespace McpActors.Cli.Servers;

/// <summary>What the node says of servers, for people.</summary>
internal static class ServerViews
{
    private const string Healthy = "healthy";

    private static readonly (string Field, string Claim)[] Hints =
    [
        ("readOnlyHint", "read-only"), ("destructiveHint", "destructive"), ("idempotentHint", "idempotent"), ("openWorldHint", "open world"),
    ];

    /// <summary>A line for each server.</summary>
    public static void List(VerbCall call, JsonElement list)
    {
        var servers = list.Items("items");
        foreach (var server in servers)
        {
            var state = server.Text("state");
            Cell[] fields =
            [
                server.Text("name"),
                Cell.State(state),
                Units.Since(server.Text("since"), call.Now),
                server.Number("pid") is { } pid ? string.Create(CultureInfo.InvariantCulture, $"pid {pid}") : null,
                Package(server.Text("package"), server.Text("packageVersion")),
                Units.Several(server.Number("tools"), "tool"),
                Units.Milliseconds(server.Real("latencyMs")),
            ];
            call.Out.Record(state == Healthy ? fields : [.. fields, server.Text("cause")]);
        }

        call.Out.Count(servers.Count);
    }

    /// <summary>Everything about one server.</summary>
    public static void Show(VerbCall call, JsonElement server)
    {
        var write = call.Out;
        State(call, server);
        write.Field("transport", server.Text("transport"));
        write.Field("node", server.Text("node"));
        write.Field("pid", server.Number("pid"));
        write.Field("package", Package(server.Text("package"), server.Text("packageVersion")));
        write.Field("protocol", Protocol(server));
        write.Field("tools", server.Number("tools"));
        write.Field("latency", Units.Milliseconds(server.Real("latencyMs")));
        write.Field("restarts", server.Number("restarts"));
        if (server.Child("declaration") is { } declared)
        {
            if (declared.Text("url") is { } url)
            {
                write.Field("url", url);
                write.Field("headers", declared.Joined("headerNames"));
            }

            if (declared.Text("command") is { } command)
            {
                string[] words = [command, .. declared.Items("args").Select(JsonView.AsText)];
                write.Field("command", string.Join(' ', words.Select(word => Words.Quote(word) ?? word)));
                write.Field("environment", declared.Joined("envNames"));
            }

            write.Field("declared", Position(declared.Text("file"), declared.Number("line"), null));
            write.Field("depends on", declared.Joined("dependsOn"));
            write.Field("criticality", declared.Text("criticality"));
        }

        foreach (var diagnostic in server.Items("diagnostics"))
        {
            write.Field("diagnostic", ConfigPalette.Sentence(diagnostic));
        }
    }

    /// <summary>Health with its reasons.</summary>
    public static void Health(VerbCall call, JsonElement health)
    {
        var write = call.Out;
        State(call, health);
        write.Field("era", health.Text("era"));
        write.Field("failures in a row", health.Number("consecutiveFailures"));
        if (health.Child("lastProbe") is { } last)
        {
            Probe("last probe", last);
        }
        else
        {
            write.Field("last probe", default);
        }

        write.Field("next probe", Units.InstantAndSpan(health.Text("nextProbeAt"), call.Now));
        if (health.Child("process") is { } process)
        {
            write.Field("pid", process.Number("pid"));
            write.Field("started", Units.InstantAndSpan(process.Text("startedAt"), call.Now));
            write.Field("process state", process.Text("state"));
            write.Field("processes", process.Number("processes"));
        }

        foreach (var probe in health.Items("recentProbes"))
        {
            Probe("probe", probe);
        }

        foreach (var change in health.Items("history"))
        {
            write.Record("history", change.Text("at"), Cell.State(change.Text("state")), change.Text("cause"));
        }

        void Probe(string field, JsonElement probe) => write.Record(
            field, probe.Text("at"), probe.Text("outcome"), Units.Milliseconds(probe.Real("latencyMs")), probe.Text("detail"));
    }

    /// <summary>A line for each point of time.</summary>
    public static void Metrics(VerbCall call, JsonElement metrics)
    {
        var points = metrics.Items("points");
        foreach (var point in points)
        {
            call.Out.Record(
                point.Text("at"),
                Up(point),
                Units.Milliseconds(point.Real("latencyMs")),
                Units.Bytes(point.Real("residentBytes")),
                point.Real("cpuSeconds") is { } cpu ? string.Create(CultureInfo.InvariantCulture, $"cpu {cpu:0.##} s") : null,
                Units.Several(point.Number("threads"), "thread"),
                Units.Several(point.Number("openFiles"), "file"),
                Units.Bytes(point.Real("diskReadBytes")) is { } read ? $"read {read}" : null,
                Units.Bytes(point.Real("diskWriteBytes")) is { } written ? $"wrote {written}" : null,
                Units.Several(point.Number("processes"), "process", "processes"),
                Units.Several(point.Number("restarts"), "restart"));
        }

        call.Out.Count(points.Count);
    }

    /// <summary>A line of the log.</summary>
    public static void LogLine(VerbCall call, JsonElement line) =>
        call.Out.Record(line.Text("at"), line.Text("stream"), line.Text("text"));

    /// <summary>The log's tail, and what is missing from it.</summary>
    public static void Logs(VerbCall call, JsonElement logs)
    {
        var lines = logs.Items("lines");
        foreach (var line in lines)
        {
            LogLine(call, line);
        }

        call.Out.Count(lines.Count);
        string[] lost =
        [
            .. Lost("dropped", "line dropped", "lines dropped"),
            .. Lost("garbageLines", "line on standard output was no message", "lines on standard output were no messages"),
            .. Lost("oversizedLines", "line cut for its length", "lines cut for their length"),
        ];
        if (lost.Length > 0)
        {
            call.Out.Note(string.Join(", ", lost) + ".");
        }

        IEnumerable<string> Lost(string field, string one, string several) =>
            logs.Number(field) is > 0 and var count ? [Units.Several(count, one, several)!] : [];
    }

    /// <summary>What runs.</summary>
    public static void Version(VerbCall call, JsonElement version)
    {
        var write = call.Out;
        write.Field("name", version.Text("name"));
        if (version.Child("package") is { } package)
        {
            write.Field("package", Package(package.Text("name"), package.Text("version")));
            write.Field("ecosystem", package.Text("ecosystem"));
            write.Field("pinned", YesOrNo(package.Flag("pinned")) is { } pinned
                ? package.Text("reason") is { } reason ? $"{pinned}: {reason}" : pinned
                : null);
            write.Field("declared", Position(package.Text("file"), package.Number("line"), null));
        }
        else
        {
            write.Field("package", default);
        }

        // What a server says of itself is a claim.
        write.Field("claims to be", version.Child("serverInfo") is { } info
            ? string.Join(' ', new[] { info.Text("title"), Package(info.Text("name"), info.Text("version")) }.OfType<string>())
            : null);
        write.Field("protocol", Protocol(version));
        if (version.Child("surface") is { } surface)
        {
            write.Field("surface", surface.Text("sha256"));
            write.Field("tools", surface.Number("tools"));
            write.Field("prompts", surface.Number("prompts"));
            write.Field("resources", surface.Number("resources"));
            write.Field("resource templates", surface.Number("resourceTemplates"));
            write.Field("complete", YesOrNo(surface.Flag("complete")));
            write.Field("read", Units.InstantAndSpan(surface.Text("readAt"), call.Now));
        }
        else
        {
            write.Field("surface", default);
        }
    }

    /// <summary>A line for each tool.</summary>
    public static void Tools(VerbCall call, JsonElement tools)
    {
        var items = tools.Items("items");
        foreach (var tool in items)
        {
            var claims = tool.Child("annotations") is { } annotations
                ? Hints.Where(hint => annotations.Flag(hint.Field) == true).Select(hint => hint.Claim)
                : [];
            call.Out.Record(tool.Text("name"), string.Join(", ", claims), tool.Text("description") ?? tool.Text("title"));
        }

        call.Out.Count(items.Count);
    }

    /// <summary>File, line and column as compilers write them, or null.</summary>
    public static string? Position(string? file, long? line, long? column) => (file, line, column) switch
    {
        (null, _, _) => null,
        (_, null, _) => file,
        (_, _, null) => string.Create(CultureInfo.InvariantCulture, $"{file}:{line}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{file}:{line}:{column}"),
    };

    private static void State(VerbCall call, JsonElement server)
    {
        call.Out.Field("name", server.Text("name"));
        call.Out.Field("state", Cell.State(server.Text("state")));
        call.Out.Field("cause", server.Text("cause"));
        call.Out.Field("since", Units.InstantAndSpan(server.Text("since"), call.Now));
        call.Out.Field("next action", server.Text("nextAction"));
    }

    private static string? Package(string? name, string? version) =>
        name is null || version is null ? name : $"{name}@{version}";

    private static string? Protocol(JsonElement server) => (server.Text("protocolVersion"), server.Text("era")) switch
    {
        (var version, null) => version,
        (null, var era) => $"era {era}",
        var (version, era) => $"{version} (era {era})",
    };

    // The node may tell a share of the step (0 to 1) or a plain yes or no.
    private static string? Up(JsonElement point) => point.Flag("up") switch
    {
        true => "up",
        false => "down",
        null => point.Real("up") switch
        {
            null => null,
            1 => "up",
            0 => "down",
            var share => string.Create(CultureInfo.InvariantCulture, $"up {share * 100:0} %"),
        },
    };

    private static string? YesOrNo(bool? flag) => flag switch { true => "yes", false => "no", null => null };
}
