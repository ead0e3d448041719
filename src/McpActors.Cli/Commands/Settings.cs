using System.CommandLine;
using McpActors.Cli.Api;

namespace McpActors.Cli.Commands;

/// <summary>What holds for every verb.</summary>
/// <param name="Node">The node that is asked.</param>
/// <param name="Timeout">For one request.</param>
/// <param name="Json">Whether a program reads the output.</param>
internal sealed record Settings(Uri Node, TimeSpan Timeout, bool Json);

/// <summary>The options that every verb has.</summary>
internal sealed class GlobalOptions
{
    private const string JsonFormat = "json";
    private const string TextFormat = "text";
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    public GlobalOptions() => Output.AcceptOnlyFromAmong(TextFormat, JsonFormat);

    /// <summary><c>--node</c>.</summary>
    public Option<string?> Node { get; } = new("--node")
    {
        Description = $"The node to ask [default: {NodeAddress.Variable}, else {NodeAddress.Default}]",
        HelpName = "URL",
        Recursive = true,
    };

    /// <summary><c>--output</c>; null where nothing was said.</summary>
    public Option<string?> Output { get; } = new("--output", "-o")
    {
        Description = "json prints the node's own answer, for programs [default: text]",
        Recursive = true,
    };

    /// <summary><c>--timeout</c>; null where nothing was said.</summary>
    public Option<TimeSpan?> Timeout { get; } = MakeTimeout();

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [Node, Output, Timeout];

    /// <summary>The values that completion offers for an option.</summary>
    public IReadOnlyList<string> ValuesOf(Option option) => option == Output ? [JsonFormat, TextFormat] : [];

    /// <summary>What was typed; what was not comes from the prompt's own command line, the environment, or the defaults.</summary>
    /// <exception cref="CommandFailure">The address of the node is none.</exception>
    public Settings Resolve(ParseResult typed, Settings? outer, Func<string, string?> variable)
    {
        var node = typed.GetValue(Node) is { } named
            ? NodeAddress.Parse(named, "--node")
            : outer?.Node ?? (variable(NodeAddress.Variable) is { Length: > 0 } set
                ? NodeAddress.Parse(set, $"The environment variable {NodeAddress.Variable}")
                : NodeAddress.Parse(NodeAddress.Default, "--node"));
        var json = typed.GetValue(Output) is { } format ? format == JsonFormat : outer?.Json ?? false;
        return new Settings(node, typed.GetValue(Timeout) ?? outer?.Timeout ?? DefaultTimeout, json);
    }

    private static Option<TimeSpan?> MakeTimeout()
    {
        var option = Values.SpanOption("--timeout", "How long one request may take [default: 10s]", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
        option.Recursive = true;
        return option;
    }
}
