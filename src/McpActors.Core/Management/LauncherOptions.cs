using System.Collections.Frozen;

namespace McpActors.Core.Management;

/// <summary>What to think of an option that is in neither list.</summary>
internal enum UnknownOption
{
    /// <summary>It may or may not take a value: what follows is unclear.</summary>
    IsUnclear,

    /// <summary>It takes the next word, unless that begins with a dash (the way of npx).</summary>
    TakesWord,

    /// <summary>It takes no value.</summary>
    TakesNone,
}

/// <summary>The options of a launcher before its first positional word.</summary>
internal sealed class LauncherOptions(string flags, string values, UnknownOption unknown = UnknownOption.IsUnclear, bool clusters = false)
{
    private readonly FrozenSet<string> _flags = flags.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
    private readonly FrozenSet<string> _values = values.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What was found.</summary>
    /// <param name="Positional">The index of the first positional word; the count of words when there is none.</param>
    /// <param name="Values">Options with their values, in order.</param>
    internal sealed record Found(int Positional, IReadOnlyList<(string Option, CommandWord Value)> Values)
    {
        /// <summary>The values of an option under any of its names.</summary>
        public IReadOnlyList<CommandWord> Of(params ReadOnlySpan<string> names)
        {
            var result = new List<CommandWord>();
            foreach (var (option, value) in Values)
            {
                if (names.Contains(option))
                {
                    result.Add(value);
                }
            }

            return result;
        }
    }

    /// <summary>Reads options from <paramref name="from"/> on; null when it is not clear where they end.</summary>
    public Found? Read(IReadOnlyList<CommandWord> words, int from)
    {
        var found = new List<(string, CommandWord)>();
        var i = from;
        while (i < words.Count)
        {
            var word = words[i];
            var text = word.Text;
            if (text == "--")
            {
                return new Found(i + 1, found);
            }

            if (text.StartsWith(CommandWord.Unknown))
            {
                return null;
            }

            if (text.Length < 2 || text[0] != '-')
            {
                return new Found(i, found);
            }

            i++;
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? text : text[..equals];
            if (key.Contains(CommandWord.Unknown, StringComparison.Ordinal))
            {
                return null;
            }

            if (equals > 0 && (key.StartsWith("--", StringComparison.Ordinal) || key.Length == 2))
            {
                found.Add((key, word.Slice(equals + 1, text.Length)));
                continue;
            }

            var takes = Takes(word, ref key, out var attached);
            if (attached is not null)
            {
                found.Add((key, attached));
                continue;
            }

            takes ??= unknown switch
            {
                UnknownOption.TakesNone => false,
                UnknownOption.TakesWord => i < words.Count && !words[i].Text.StartsWith('-'),
                _ => null,
            };
            if (takes is null)
            {
                return null;
            }

            if (takes.Value && i < words.Count)
            {
                found.Add((key, words[i]));
                i++;
            }
        }

        return new Found(words.Count, found);
    }

    private bool? Takes(CommandWord word, ref string key, out CommandWord? attached)
    {
        attached = null;
        if (_flags.Contains(key) || _values.Contains(key))
        {
            return _values.Contains(key);
        }

        if (!clusters || key.StartsWith("--", StringComparison.Ordinal))
        {
            return null;
        }

        // -it is -i -t; -eNAME is -e NAME; -ie NAME is -i -e NAME.
        for (var i = 1; i < word.Text.Length; i++)
        {
            var option = $"-{word.Text[i]}";
            if (_values.Contains(option))
            {
                key = option;
                attached = i + 1 < word.Text.Length ? word.Slice(i + 1, word.Text.Length) : null;
                return true;
            }

            if (!_flags.Contains(option))
            {
                return null;
            }
        }

        return false;
    }
}
