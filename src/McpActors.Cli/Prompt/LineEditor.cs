using System.Globalization;
using System.Text;
using McpActors.Cli.Commands;
using McpActors.Cli.Output;

namespace McpActors.Cli.Prompt;

/// <summary>What the shell of the editor must do after a key.</summary>
internal enum LineEffect
{
    /// <summary>Draw the line again.</summary>
    Redraw,

    /// <summary>The line is entered.</summary>
    Submit,

    /// <summary>There is no more input.</summary>
    End,

    /// <summary>The line is given up; a new one begins.</summary>
    Abandon,

    /// <summary>Completions are wanted.</summary>
    Complete,

    /// <summary>The screen is to be cleared.</summary>
    ClearScreen,
}

/// <summary>A line that is being edited.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Cursor">The index in <paramref name="Text"/> before which the cursor stands; always between two visible characters.</param>
/// <param name="History">Entered lines, oldest first.</param>
/// <param name="Recalled">Which of <paramref name="History"/> is shown; its count where none is.</param>
/// <param name="Draft">What was typed before the history was looked at.</param>
internal sealed record LineState(string Text, int Cursor, IReadOnlyList<string> History, int Recalled, string Draft)
{
    /// <summary>An empty line.</summary>
    public static LineState Empty(IReadOnlyList<string> history) => new("", 0, history, history.Count, "");
}

/// <summary>The line editor's decisions: a key and a state give a state and what to do. It touches no console.</summary>
internal static class LineEditor
{
    /// <summary>The longest line, in UTF-16 units: more is nobody's typing.</summary>
    public const int MaxLength = 4096;

    /// <summary>How many lines are remembered.</summary>
    public const int MaxHistory = 500;

    /// <summary>What a key does.</summary>
    public static (LineState State, LineEffect Effect) Apply(LineState state, EditorKey key) => key.Action switch
    {
        KeyAction.Insert => (Insert(state, key.Char), LineEffect.Redraw),
        KeyAction.Left => (MoveTo(state, Before(state)), LineEffect.Redraw),
        KeyAction.Right => (MoveTo(state, After(state)), LineEffect.Redraw),
        KeyAction.WordLeft => (MoveTo(state, WordStart(state)), LineEffect.Redraw),
        KeyAction.WordRight => (MoveTo(state, WordEnd(state)), LineEffect.Redraw),
        KeyAction.Home => (MoveTo(state, 0), LineEffect.Redraw),
        KeyAction.End => (MoveTo(state, state.Text.Length), LineEffect.Redraw),
        KeyAction.Backspace => (Remove(state, Before(state), state.Cursor), LineEffect.Redraw),
        KeyAction.Delete => (Remove(state, state.Cursor, After(state)), LineEffect.Redraw),
        KeyAction.DeleteWordBack => (Remove(state, WordStart(state), state.Cursor), LineEffect.Redraw),
        KeyAction.DeleteToStart => (Remove(state, 0, state.Cursor), LineEffect.Redraw),
        KeyAction.DeleteToEnd => (Remove(state, state.Cursor, state.Text.Length), LineEffect.Redraw),
        KeyAction.Older => (Recall(state, state.Recalled - 1), LineEffect.Redraw),
        KeyAction.Newer => (Recall(state, state.Recalled + 1), LineEffect.Redraw),
        KeyAction.Submit => (state, LineEffect.Submit),
        KeyAction.Complete => (state, LineEffect.Complete),
        KeyAction.DeleteOrEnd when state.Text.Length == 0 => (state, LineEffect.End),
        KeyAction.DeleteOrEnd => (Remove(state, state.Cursor, After(state)), LineEffect.Redraw),
        KeyAction.Abandon => (LineState.Empty(state.History), LineEffect.Abandon),
        KeyAction.ClearScreen => (state, LineEffect.ClearScreen),
        _ => (state, LineEffect.Redraw),
    };

    /// <summary>
    /// Puts completions in: a single one whole and with a blank after it, of several what they have in common.
    /// The list is what remains to choose from, empty where nothing does.
    /// </summary>
    public static (LineState State, IReadOnlyList<string> Choices) Complete(LineState state, Completions completions)
    {
        var candidates = completions.Candidates
            .Where(candidate => Words.Quote(candidate) is not null && !candidate.EnumerateRunes().Any(TerminalText.IsUnsafe))
            .ToList();
        if (candidates.Count == 0)
        {
            return (state, []);
        }

        var replaced = candidates.Count == 1
            ? Words.Quote(candidates[0]) + " "
            : InCommon(candidates);
        var typed = state.Text[completions.Start..state.Cursor];
        // A part of a quoted name stays open, so that typing can go on within it.
        if (candidates.Count > 1 && (typed.StartsWith('"') || replaced.Any(char.IsWhiteSpace)))
        {
            replaced = "\"" + replaced;
        }

        var rest = state.Text[state.Cursor..];
        if (candidates.Count == 1 && rest.StartsWith(' '))
        {
            rest = rest[1..];
        }

        var text = state.Text[..completions.Start] + replaced + rest;
        return text.Length > MaxLength
            ? (state, [])
            : (state with { Text = text, Cursor = completions.Start + replaced.Length }, candidates.Count > 1 && typed == replaced ? candidates : []);
    }

    /// <summary>The history with a line that was entered; blank lines and repetitions are not kept.</summary>
    public static IReadOnlyList<string> Remember(IReadOnlyList<string> history, string line) =>
        string.IsNullOrWhiteSpace(line) || (history.Count > 0 && history[^1] == line)
            ? history
            : [.. history.Skip(Math.Max(0, history.Count + 1 - MaxHistory)), line];

    private static LineState Insert(LineState state, char unit)
    {
        // Pasted text may hold what must not reach a terminal; halves of pairs come one by one and are let through.
        var isUnsafe = !char.IsSurrogate(unit) && TerminalText.IsUnsafe(new Rune(unit));
        return isUnsafe || state.Text.Length == MaxLength
            ? state
            : state with { Text = state.Text.Insert(state.Cursor, unit.ToString()), Cursor = state.Cursor + 1 };
    }

    private static LineState MoveTo(LineState state, int cursor) => state with { Cursor = cursor };

    private static LineState Remove(LineState state, int from, int to) =>
        state with { Text = state.Text.Remove(from, to - from), Cursor = from };

    private static LineState Recall(LineState state, int index)
    {
        if (index < 0 || index > state.History.Count)
        {
            return state;
        }

        var draft = state.Recalled == state.History.Count ? state.Text : state.Draft;
        var text = index == state.History.Count ? draft : state.History[index];
        return state with { Text = text, Cursor = text.Length, Recalled = index, Draft = draft };
    }

    private static int After(LineState state) =>
        state.Cursor + StringInfo.GetNextTextElementLength(state.Text.AsSpan(state.Cursor));

    private static int Before(LineState state)
    {
        // Text elements can only be found from the front.
        var previous = 0;
        for (var at = 0; at < state.Cursor; at += StringInfo.GetNextTextElementLength(state.Text.AsSpan(at)))
        {
            previous = at;
        }

        return previous;
    }

    private static int WordStart(LineState state)
    {
        var at = state.Cursor;
        while (at > 0 && char.IsWhiteSpace(state.Text[at - 1]))
        {
            at--;
        }

        while (at > 0 && !char.IsWhiteSpace(state.Text[at - 1]))
        {
            at--;
        }

        return at;
    }

    private static int WordEnd(LineState state)
    {
        var at = state.Cursor;
        while (at < state.Text.Length && char.IsWhiteSpace(state.Text[at]))
        {
            at++;
        }

        while (at < state.Text.Length && !char.IsWhiteSpace(state.Text[at]))
        {
            at++;
        }

        return at;
    }

    private static string InCommon(List<string> candidates)
    {
        var common = candidates[0];
        foreach (var candidate in candidates)
        {
            var length = common.AsSpan().CommonPrefixLength(candidate);
            // Half of a surrogate pair is no prefix.
            if (length > 0 && char.IsHighSurrogate(common[length - 1]))
            {
                length--;
            }

            common = common[..length];
        }

        return common;
    }
}
