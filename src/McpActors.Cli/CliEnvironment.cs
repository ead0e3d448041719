using McpActors.Cli.Prompt;

namespace McpActors.Cli;

/// <summary>What the command line takes from its surroundings, so that a test can stand in for them.</summary>
public sealed record CliEnvironment
{
    /// <summary>Reads an environment variable, null where it is not set.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>The clock for relative times and time-outs.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>True where standard output is a terminal: only then are states coloured.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>The terminal for the prompt, or null: then the prompt reads plain lines and prints no prompt.</summary>
    public ILineTerminal? Terminal { get; init; }

    /// <summary>What Ctrl-C is wired to.</summary>
    public Interrupts? Interrupts { get; init; }

    /// <summary>Whether states may be coloured; any non-empty <c>NO_COLOR</c> says no.</summary>
    public bool Colours => OutputIsTerminal && string.IsNullOrEmpty(Variable("NO_COLOR")) && Variable("TERM") != "dumb";

    /// <summary>No terminal at all; the variables of this process.</summary>
    public static CliEnvironment Plain { get; } = new();

    /// <summary>The real console.</summary>
    public static CliEnvironment OfThisProcess(Interrupts interrupts) => new()
    {
        OutputIsTerminal = !Console.IsOutputRedirected,
        // A dumb terminal cannot move its cursor: plain lines work there.
        Terminal = Console.IsInputRedirected || Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") is "dumb"
            ? null
            : new ConsoleTerminal(),
        Interrupts = interrupts,
    };
}
