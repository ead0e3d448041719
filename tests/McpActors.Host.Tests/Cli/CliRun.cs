using System.Globalization;
using McpActors.Cli;
using McpActors.Cli.Prompt;

namespace McpActors.Host.Tests.Cli;

/// <summary>One run of the command line, in this process, as <c>Main</c> runs it.</summary>
internal sealed record CliRun(int Status, string Output, string Error)
{
    /// <summary>Three minutes after the recorded servers became healthy.</summary>
    public static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-11-23T02:13:00Z", CultureInfo.InvariantCulture);

    /// <summary>The lines of the output.</summary>
    public string[] Lines => Output.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    public static Task<CliRun> Of(TestNode node, params string[] args) => Of(node.Address, null, args);

    public static async Task<CliRun> Of(string? node, CliEnvironment? environment, string[] args, string input = "", CancellationToken cancellation = default)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var status = await CommandLineApp.RunAsync(
            args, new StringReader(input), output, error, environment ?? Surroundings(node), cancellation);
        return new CliRun(status, output.ToString(), error.ToString());
    }

    public static CliEnvironment Surroundings(string? node, ILineTerminal? terminal = null, bool colours = false, string? noColour = null) => new()
    {
        Clock = new ClockAt(Now),
        Variable = name => name switch { "MCPACTORS_NODE" => node, "NO_COLOR" => noColour, _ => null },
        OutputIsTerminal = colours,
        Terminal = terminal,
    };

    /// <summary>Tells one time for ever; timers run as usual.</summary>
    private sealed class ClockAt(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
