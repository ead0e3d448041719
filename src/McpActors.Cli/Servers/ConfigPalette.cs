using System.Text.Json;
using McpActors.Cli.Api;
using McpActors.Cli.Commands;
using McpActors.Cli.Output;

namespace McpActors.Cli.Servers;

/// <summary>The palette <c>config</c>: which files declare the fleet, and what is wrong with them. It only reads.</summary>
internal static class ConfigPalette
{
    /// <summary>The palette.</summary>
    public static Palette Create() => new("config", "The files that declare the fleet, and what is wrong with them",
    [
        new("show", "The files that the node reads", (call, cancellation) =>
            call.ShowAsync(NodeRoutes.Config, answer => Show(call, answer.Root), cancellation))
        {
            Prints = "field | value, one a line",
            Examples = ["config show", "config show -o json"],
        },
        new("diagnostics", "Every fault in those files, with what to do", (call, cancellation) =>
            call.ShowAsync(NodeRoutes.Config, answer => Diagnostics(call, answer.Root), cancellation))
        {
            Prints = "severity | code | file:line:column | server | message and what to do",
            Examples = ["config diagnostics", "config diagnostics -o json"],
        },
    ]);

    /// <summary>A diagnostic in one sentence, as compilers print it.</summary>
    public static string Sentence(JsonElement diagnostic)
    {
        string?[] words =
        [
            Where(diagnostic) is { } where ? where + ":" : null,
            diagnostic.Text("severity"),
            diagnostic.Text("code") is { } code ? code + ":" : null,
            MessageAndFix(diagnostic),
        ];
        return string.Join(' ', words.Where(word => !string.IsNullOrEmpty(word)));
    }

    private static void Show(VerbCall call, JsonElement config)
    {
        var files = config.Items("files");
        foreach (var file in files)
        {
            call.Out.Field("file", file.AsText());
        }

        var diagnostics = config.Items("diagnostics").Count;
        call.Out.Field("servers", config.Number("servers"));
        call.Out.Field("diagnostics", diagnostics);
        if (diagnostics > 0)
        {
            call.Out.Note($"{Units.Several(diagnostics, "diagnostic")}: mcpactors config diagnostics");
        }

        if (files.Count == 0)
        {
            call.Out.Note("The node reads no file: start it with --config PATH.");
        }
    }

    private static void Diagnostics(VerbCall call, JsonElement config)
    {
        var diagnostics = config.Items("diagnostics");
        foreach (var diagnostic in diagnostics)
        {
            call.Out.Record(
                diagnostic.Text("severity"),
                diagnostic.Text("code"),
                Where(diagnostic),
                diagnostic.Text("server"),
                MessageAndFix(diagnostic));
        }

        call.Out.Count(diagnostics.Count);
    }

    private static string? Where(JsonElement diagnostic) =>
        ServerViews.Position(diagnostic.Text("file"), diagnostic.Number("line"), diagnostic.Number("column"));

    private static string MessageAndFix(JsonElement diagnostic) =>
        string.Join(' ', new[] { diagnostic.Text("message"), diagnostic.Text("fix") }.Where(word => !string.IsNullOrEmpty(word)));
}
