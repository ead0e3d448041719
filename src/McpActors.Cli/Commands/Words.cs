using System.Text;

namespace McpActors.Cli.Commands;

/// <summary>One word of a line.</summary>
/// <param name="Start">Where it starts in the line, its quote included.</param>
/// <param name="Value">What it says, without quotes.</param>
internal readonly record struct Word(int Start, string Value);

/// <summary>Splits a line of the prompt into words: blanks part them, double quotes hold blanks together.</summary>
internal static class Words
{
    /// <summary>The words of a line. A quote that is not closed reaches to the end.</summary>
    public static IReadOnlyList<Word> Split(string line)
    {
        var words = new List<Word>();
        StringBuilder? word = null;
        var start = 0;
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (!quoted && char.IsWhiteSpace(c))
            {
                Close();
                continue;
            }

            if (word is null)
            {
                word = new StringBuilder();
                start = i;
            }

            if (c == '"')
            {
                quoted = !quoted;
            }
            else
            {
                word.Append(c);
            }
        }

        Close();
        return words;

        void Close()
        {
            if (word is not null)
            {
                words.Add(new Word(start, word.ToString()));
                word = null;
            }
        }
    }

    /// <summary>The word under a cursor at the end of the text: the last one, or an empty one after a blank.</summary>
    public static Word Last(string text, IReadOnlyList<Word> words) =>
        words.Count == 0 || (char.IsWhiteSpace(text[^1]) && text.Count(c => c == '"') % 2 == 0)
            ? new Word(text.Length, "")
            : words[^1];

    /// <summary>A value as it must be written in a line, or null where it cannot be.</summary>
    public static string? Quote(string value) =>
        value.Contains('"', StringComparison.Ordinal) ? null :
        value.Length == 0 || value.Any(char.IsWhiteSpace) ? $"\"{value}\"" :
        value;
}
