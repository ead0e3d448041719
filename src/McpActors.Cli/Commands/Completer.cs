using System.CommandLine;

namespace McpActors.Cli.Commands;

/// <summary>What a word may become.</summary>
/// <param name="Start">Where the word starts in the text.</param>
/// <param name="Candidates">The whole words that it may become, sorted; not quoted.</param>
internal sealed record Completions(int Start, IReadOnlyList<string> Candidates);

/// <summary>Completes a command line from the palettes; for names it asks the node.</summary>
/// <param name="palettes">What there is.</param>
/// <param name="globals">The options of every verb.</param>
/// <param name="valuesOf">Asks the node for the values of an argument; it answers soon, and with nothing where it cannot.</param>
internal sealed class Completer(
    IReadOnlyList<Palette> palettes,
    GlobalOptions globals,
    Func<NodeArgument, CancellationToken, Task<IReadOnlyList<string>>> valuesOf)
{
    private static readonly string[] PromptWords = ["exit", "help"];

    /// <summary>Completes the last word of a text.</summary>
    /// <param name="text">The command line after the program's name, up to the cursor.</param>
    /// <param name="prompt">The palette whose prompt it is typed in, or null for a shell.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<Completions> CompleteAsync(string text, Palette? prompt, CancellationToken cancellation)
    {
        var words = Words.Split(text);
        var current = Words.Last(text, words);
        var before = words.Where(word => word.Start < current.Start).Select(word => word.Value).ToList();
        var candidates = await CandidatesAsync(before, current.Value, prompt, cancellation);
        return new Completions(current.Start, [.. candidates
            .Where(candidate => candidate.StartsWith(current.Value, StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)]);
    }

    private async Task<IEnumerable<string>> CandidatesAsync(List<string> before, string current, Palette? prompt, CancellationToken cancellation)
    {
        var palette = prompt;
        Verb? verb = null;
        var position = 0;
        for (var i = 0; i < before.Count; i++)
        {
            if (Find(before[i], verb) is { } option)
            {
                if (TakesValue(option) && ++i == before.Count)
                {
                    return globals.ValuesOf(option);
                }
            }
            else if (palette is null)
            {
                palette = palettes.FirstOrDefault(known => known.Name == before[i]);
                if (palette is null)
                {
                    return before[i] == CommandTree.CompletionCommand && i == before.Count - 1 ? ShellCompletion.Shells : [];
                }
            }
            else if (verb is null)
            {
                if (prompt is not null && i == 0 && before[i] == "help")
                {
                    return before.Count == 1 ? palette.Verbs.Select(known => known.Name) : [];
                }

                verb = palette.Verbs.FirstOrDefault(known => known.Name == before[i]);
                if (verb is null)
                {
                    return [];
                }
            }
            else
            {
                position++;
            }
        }

        if (current.StartsWith('-'))
        {
            return OptionsFor(verb).Select(option => option.Name).Append("--help");
        }

        return (palette, verb) switch
        {
            (null, _) => palettes.Select(known => known.Name).Append(CommandTree.CompletionCommand),
            ({ } known, null) => known.Verbs.Select(each => each.Name).Concat(prompt is null ? [] : PromptWords),
            (_, { } known) when position < known.Arguments.Count && known.Arguments[position] is NodeArgument argument =>
                await valuesOf(argument, cancellation),
            _ => [],
        };
    }

    private Option? Find(string word, Verb? verb) =>
        OptionsFor(verb).FirstOrDefault(option => option.Name == word || option.Aliases.Contains(word));

    private IEnumerable<Option> OptionsFor(Verb? verb) => globals.All.Concat(verb?.Options ?? []);

    private static bool TakesValue(Option option) => option.ValueType != typeof(bool);
}
