using System.CommandLine;

namespace McpActors.Cli.Commands;

/// <summary>Tells what is wrong with a command line, and what may have been meant.</summary>
internal static class UsageFault
{
    // Two slips of a finger; more would suggest words that have nothing in common.
    private const int MaxDistance = 2;

    /// <summary>The fault in words, with the next step.</summary>
    public static string Describe(ParseResult typed)
    {
        var command = typed.CommandResult.Command;
        var help = $"See {PathTo(typed)} --help.";
        if (typed.UnmatchedTokens.Count == 0)
        {
            if (command is RootCommand && !typed.Errors.Any(error => error.SymbolResult is System.CommandLine.Parsing.OptionResult))
            {
                return $"Name a palette: {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}. {help}";
            }

            var faults = typed.Errors
                .Where(error => error.SymbolResult is not System.CommandLine.Parsing.CommandResult { Command: RootCommand })
                .Select(error => string.Join(' ', error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
            return string.Join(Environment.NewLine, faults.Append(help));
        }

        var word = typed.UnmatchedTokens[0];
        var isOption = word.StartsWith('-');
        var known = isOption ? OptionsOf(typed) : command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name);
        var kind = isOption ? "option" : command is RootCommand ? "palette" : command.Subcommands.Count > 0 ? "verb" : "argument";
        var nearest = known.Select(name => (name, distance: Distance(word, name))).OrderBy(pair => pair.distance).FirstOrDefault();
        var hint = nearest.name is not null && nearest.distance <= MaxDistance ? $"Did you mean '{nearest.name}'? " : "";
        return kind == "argument"
            ? $"'{word}' is one argument too many. {help}"
            : $"There is no {kind} '{word}'. {hint}{help}";
    }

    private static IEnumerable<string> OptionsOf(ParseResult typed) =>
        typed.CommandResult.Command.Options
            .Concat(typed.RootCommandResult.Command.Options.Where(option => option.Recursive))
            .SelectMany(option => option.Aliases.Append(option.Name));

    private static string PathTo(ParseResult typed)
    {
        var names = new List<string>();
        for (System.CommandLine.Parsing.SymbolResult? at = typed.CommandResult; at is not null; at = at.Parent)
        {
            if (at is System.CommandLine.Parsing.CommandResult { Command: var command })
            {
                names.Insert(0, command is RootCommand ? "mcpactors" : command.Name);
            }
        }

        return string.Join(' ', names);
    }

    /// <summary>Edits (insert, delete, replace) from one word to the other (Levenshtein 1966).</summary>
    private static int Distance(string from, string to)
    {
        // A word of thousands of characters is nobody's slip of a finger.
        if (Math.Abs(from.Length - to.Length) > MaxDistance)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
