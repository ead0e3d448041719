using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;

namespace McpActors.Cli.Commands;

/// <summary>The palettes as System.CommandLine sees them.</summary>
internal sealed class CommandTree
{
    /// <summary>The command that prints a completion script.</summary>
    public const string CompletionCommand = "completion";

    private static readonly ParserConfiguration Parsing = new()
    {
        // A server may be named @scope/name: that is no file of arguments.
        ResponseFileTokenReplacer = null,
        EnablePosixBundling = false,
    };

    /// <param name="palettes">What there is.</param>
    /// <param name="runVerb">Runs a verb.</param>
    /// <param name="runPrompt">Runs the prompt of a palette.</param>
    public CommandTree(
        IReadOnlyList<Palette> palettes,
        Func<Verb, ParseResult, CancellationToken, Task<int>> runVerb,
        Func<Palette, ParseResult, CancellationToken, Task<int>> runPrompt)
    {
        Palettes = palettes;
        Root = new RootCommand("Asks a McpActors node how its fleet of MCP servers is doing.") { HelpName = "mcpactors" };
        var examples = new Dictionary<Command, HelpExtras>
        {
            [Root] = new(null, [
                "servers list", "servers health everything", "servers watch", "config diagnostics",
                "servers                                             (a prompt; Tab completes, exit leaves)",
                "--node https://node.example:7710 servers list -o json"]),
        };
        foreach (var option in Globals.All)
        {
            Root.Add(option);
        }

        foreach (var palette in palettes)
        {
            var command = new Command(palette.Name, palette.Description);
            command.SetAction((typed, cancellation) => runPrompt(palette, typed, cancellation));
            foreach (var verb in palette.Verbs)
            {
                var sub = new Command(verb.Name, verb.Description);
                verb.Arguments.ToList().ForEach(sub.Add);
                verb.Options.ToList().ForEach(sub.Add);
                sub.SetAction((typed, cancellation) => runVerb(verb, typed, cancellation));
                examples[sub] = new(verb.Prints, verb.Examples);
                command.Add(sub);
            }

            examples[command] = new(null, [.. palette.Verbs.SelectMany(verb => verb.Examples.Take(1)), $"{palette.Name,-52}(a prompt)"]);
            Root.Add(command);
        }

        Root.Add(ShellCompletion.Command(out var completion));
        examples[completion] = new(null, ["completion bash > ~/.local/share/bash-completion/completions/mcpactors", "completion zsh > ~/.zfunc/_mcpactors"]);
        ReplaceHelpAndVersion(examples);
    }

    /// <summary>What there is.</summary>
    public IReadOnlyList<Palette> Palettes { get; }

    /// <summary>The options of every verb.</summary>
    public GlobalOptions Globals { get; } = new();

    /// <summary>The whole command line.</summary>
    public RootCommand Root { get; }

    /// <summary>Reads words; faults are in the result's <c>Errors</c>.</summary>
    public ParseResult Parse(IReadOnlyList<string> words) => Root.Parse(words, Parsing);

    /// <summary>Where a shell asks for completions: the command line that it holds, up to the cursor; null where it does not ask.</summary>
    public string? AskedToComplete(ParseResult typed, IReadOnlyList<string> words)
    {
        var directive = Root.Directives.OfType<SuggestDirective>().First();
        if (typed.GetResult(directive) is not { } given || words.Count < 2)
        {
            return null;
        }

        var line = words[1];
        return given.Values.Count > 0 && int.TryParse(given.Values[0], out var position) && position >= 0 && position < line.Length
            ? line[..position]
            : line;
    }

    private void ReplaceHelpAndVersion(Dictionary<Command, HelpExtras> examples)
    {
        Root.Options.Remove(Root.Options.OfType<HelpOption>().First());
        Root.Add(new HelpOption("--help", "-h") { Description = "Explain the command, with examples", Action = new HelpWithExamples(examples) });
        // The action of the library names the entry assembly, which is another one under a test runner.
        Root.Options.OfType<VersionOption>().First().Action = new PrintVersion();
    }
}
