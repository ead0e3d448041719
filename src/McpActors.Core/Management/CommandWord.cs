using System.Text;

namespace McpActors.Core.Management;

/// <summary>The texts that a command is read from: its arguments, and its wrapper script.</summary>
internal sealed record CommandTexts(IReadOnlyList<string> Args, string? Script);

/// <summary>
/// A word of a command line that knows of each character where it is written, so that a version found behind quotes,
/// variables and nested command strings can still be edited where it stands.
/// </summary>
internal sealed class CommandWord
{
    /// <summary>Stands for a stretch of text that only a running shell would know. Not a character of any real text.</summary>
    public const char Unknown = '\uffff';

    /// <summary>The source of characters that are written nowhere.</summary>
    public const int Nowhere = -2;

    /// <summary>The source of characters of the script; 0 and above are arguments.</summary>
    public const int Script = -1;

    private readonly (int Source, int Offset)[] _origins;

    private CommandWord(string text, (int Source, int Offset)[] origins)
    {
        Text = text;
        _origins = origins;
    }

    /// <summary>The text, with <see cref="Unknown"/> where it is not known.</summary>
    public string Text { get; }

    /// <summary>True when every character is known.</summary>
    public bool Certain => !Text.Contains(Unknown, StringComparison.Ordinal);

    /// <summary>A whole text of one source.</summary>
    public static CommandWord Of(string text, int source)
    {
        // The marker in a real text would make known text look unknown, which is the safe side.
        var origins = new (int, int)[text.Length];
        for (var i = 0; i < origins.Length; i++)
        {
            origins[i] = (source, i);
        }

        return new CommandWord(text, origins);
    }

    /// <summary>A stretch of it.</summary>
    public CommandWord Slice(int start, int end) => new(Text[start..end], _origins[start..end]);

    /// <summary>
    /// The place of a stretch: null when its characters do not stand next to each other on one line of one text.
    /// An empty stretch is the place right behind the character before it.
    /// </summary>
    public PinPlace? Place(int start, int end, string separator, CommandTexts texts)
    {
        var (source, first) = start < end ? _origins[start] : start > 0 ? (_origins[start - 1].Source, _origins[start - 1].Offset + 1) : (Nowhere, 0);
        if (source == Nowhere)
        {
            return null;
        }

        for (var i = start; i < end; i++)
        {
            if (_origins[i] != (source, first + i - start))
            {
                return null;
            }
        }

        var text = source == Script ? texts.Script! : texts.Args[source];
        var before = text.AsSpan(0, first);
        if (text.AsSpan(first, end - start).Contains('\n'))
        {
            return null;
        }

        var column = first - (before.LastIndexOf('\n') + 1) + 1;
        return new PinPlace(source == Script ? null : source, before.Count('\n') + 1, column, column + end - start, separator);
    }

    /// <summary>Puts a word together, character by character.</summary>
    internal sealed class Builder
    {
        private readonly StringBuilder _text = new();
        private readonly List<(int, int)> _origins = [];

        public int Length => _text.Length;

        public void Add(CommandWord word)
        {
            _text.Append(word.Text);
            _origins.AddRange(word._origins);
        }

        public void AddUnknown()
        {
            _text.Append(Unknown);
            _origins.Add((Nowhere, 0));
        }

        public CommandWord Build() => new(_text.ToString(), [.. _origins]);
    }
}
