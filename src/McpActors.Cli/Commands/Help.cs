using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;

namespace McpActors.Cli.Commands;

/// <summary>What help says beside usage and options.</summary>
/// <param name="Prints">The fields of a line of output, or null.</param>
/// <param name="Examples">Command lines without the program's name.</param>
internal sealed record HelpExtras(string? Prints, IReadOnlyList<string> Examples);

/// <summary>The library's help, then what the command prints, then examples: most people learn from those.</summary>
internal sealed class HelpWithExamples(IReadOnlyDictionary<Command, HelpExtras> extras) : SynchronousCommandLineAction
{
    private readonly HelpAction _help = new();

    /// <inheritdoc />
    public override bool ClearsParseErrors => true;

    /// <inheritdoc />
    public override int Invoke(ParseResult parseResult)
    {
        _help.Invoke(parseResult);
        if (extras.TryGetValue(parseResult.CommandResult.Command, out var extra))
        {
            var output = parseResult.InvocationConfiguration.Output;
            if (extra.Prints is { } prints)
            {
                output.WriteLine("Prints:");
                output.WriteLine($"  {prints}");
                output.WriteLine();
            }

            output.WriteLine("Examples:");
            foreach (var example in extra.Examples)
            {
                output.WriteLine($"  mcpactors {example}");
            }
        }

        return ExitStatus.Done;
    }
}

/// <summary>Prints the version of this program.</summary>
internal sealed class PrintVersion : SynchronousCommandLineAction
{
    /// <inheritdoc />
    public override int Invoke(ParseResult parseResult)
    {
        var version = typeof(PrintVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        parseResult.InvocationConfiguration.Output.WriteLine($"mcpactors {version}");
        return ExitStatus.Done;
    }
}
